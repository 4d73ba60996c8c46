// An officer's client on matrix-js-sdk with its Rust crypto, driven by JSON lines: one request
// `{id, do, ...}` a line on stdin, one answer `{id, ok}` or `{id, error}` on stdout, and notes
// `{note, ...}` in between. It ends with its parent (stdin closes) or after `--limit` seconds.

import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";

// The protocol owns stdout; the SDK logs to the console.
const talks = process.env.RILON_JS_LOG ? (...words) => console.error(...words) : () => {};
for (const level of ["debug", "info", "log", "trace", "warn"]) console[level] = talks;
if (!process.env.RILON_JS_LOG) console.error = () => {};

const sdk = await import("matrix-js-sdk");
const { OnlySignedDevicesIsolationMode, AllDevicesIsolationMode } = await import(
    "matrix-js-sdk/lib/crypto-api/index.js"
);

const REASON = "org.rilon.reason";
const limit = Number(process.argv[process.argv.indexOf("--limit") + 1] || 0);
if (limit > 0) setTimeout(() => process.exit(3), limit * 1000).unref();

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const now = () => performance.timeOrigin + performance.now();

let client = null;
let password = null;
const requests = []; // what went to the homeserver, in its order
const unsent = new Map(); // transaction id -> local event that wasn't sent

// --- watching -----------------------------------------------------------------------------------

async function watchedFetch(input, init = {}) {
    const url = new URL(input.url ?? input);
    const entry = { started: now(), method: init.method ?? "GET", path: url.pathname, status: 0 };
    if (/\/(send|sendToDevice|redact)\//.test(url.pathname) && init.body) {
        entry.body = JSON.parse(init.body);
    }
    requests.push(entry);
    const response = await fetch(input, init);
    entry.ended = now();
    entry.status = response.status;
    return response;
}

function seen(event) {
    const encrypted = event.isEncrypted();
    const clear = event.getClearContent();
    const readable = !encrypted || (clear !== null && !event.isDecryptionFailure());
    return {
        event_id: event.getId(),
        room_id: event.getRoomId(),
        sender: event.getSender(),
        type: event.getType(),
        state_key: event.getStateKey() ?? null,
        content: clear ?? event.event.content ?? {},
        wire: event.event.content ?? {},
        encrypted,
        readable,
        failure: event.decryptionFailureReason ?? null,
        at_ms: event.getTs(),
    };
}

function watch() {
    const told = new Map();
    const tell = (event) => {
        if (event.status !== null || !event.getId()) return;
        if (!told.has(event.getRoomId())) told.set(event.getRoomId(), new Set());
        told.get(event.getRoomId()).add(event.getId());
        say({ note: "event", event: seen(event) });
    };
    // After a burst, a sync holds the latest events alone: clients then page back to what they had.
    const fill = async (roomId, known, from) => {
        const missed = [];
        for (let more = true; more && from; ) {
            const page = await client.createMessagesRequest(roomId, from, 100, "b").catch(() => null);
            if (page === null) {
                await new Promise((resolve) => setTimeout(resolve, 500));
                continue;
            }
            const fresh = page.chunk.filter((one) => !known.has(one.event_id));
            missed.push(...fresh.map((one) => client.getEventMapper()({ ...one, room_id: roomId })));
            more = fresh.length > 0 && fresh.length === page.chunk.length;
            from = page.end;
        }
        for (const event of missed.reverse()) {
            await client.decryptEventIfNeeded(event);
            tell(event);
        }
    };
    client.on("Room.timelineReset", (room, timelines) => {
        if (!room || timelines !== room.getUnfilteredTimelineSet() || !told.has(room.roomId)) return;
        const from = room.getLiveTimeline().getPaginationToken("b");
        fill(room.roomId, new Set(told.get(room.roomId)), from);
    });
    client.on("Room.timeline", async (event, _room, toStart, _removed, data) => {
        if (toStart || !data?.liveEvent) return;
        await client.decryptEventIfNeeded(event);
        tell(event);
    });
    client.on("Event.decrypted", tell);
    client.on("Room.localEchoUpdated", (event, _room, _oldId, old) => {
        const id = event.getTxnId();
        say({ note: "status", transaction_id: id, old: old ?? null, new: event.status, at: now() });
        if (event.status === "not_sent") unsent.set(id, event);
    });
    client.on("Session.logged_out", () => say({ note: "signed_out" }));
}

function until(test, what, seconds = 60) {
    return new Promise((resolve, reject) => {
        const end = now() + seconds * 1000;
        const look = () => {
            const value = test();
            if (value) resolve(value);
            else if (now() > end) reject(new Error(`waited in vain for ${what}`));
            else setTimeout(look, 20);
        };
        look();
    });
}

function failure(error) {
    return {
        name: error?.name ?? "Error",
        message: String(error?.message ?? error),
        status: error?.httpStatus ?? 0,
        errcode: error?.errcode ?? "",
        reason: error?.data?.[REASON] ?? "",
        sentence: error?.data?.error ?? "",
    };
}

function roomOf(roomId) {
    const room = client.getRoom(roomId);
    if (!room) throw new Error("the room is not known to this client");
    return room;
}

// --- what it can do -----------------------------------------------------------------------------

const actions = {
    async sign_in({ homeserver, user_id, device_name, only_signed = true, sign_device = true, ...rest }) {
        password = rest.password;
        const login = await sdk.createClient({ baseUrl: homeserver }).loginRequest({
            type: "m.login.password",
            identifier: { type: "m.id.user", user: user_id },
            password,
            initial_device_display_name: device_name ?? "Officer's client",
        });
        client = sdk.createClient({
            baseUrl: homeserver,
            userId: login.user_id,
            deviceId: login.device_id,
            accessToken: login.access_token,
            fetchFn: watchedFetch,
        });
        await client.initRustCrypto({ useIndexedDB: false });
        client
            .getCrypto()
            .setDeviceIsolationMode(
                only_signed ? new OnlySignedDevicesIsolationMode() : new AllDevicesIsolationMode(false),
            );
        watch();
        await client.startClient({
            initialSyncLimit: 100,
            lazyLoadMembers: true,
            pendingEventOrdering: "detached",
        });
        await until(() => client.getSyncState() === "PREPARED" || client.getSyncState() === "SYNCING", "sync");
        if (sign_device) await actions.sign_device({});
        return { user_id: login.user_id, device_id: login.device_id };
    },

    async sign_device({ replace = false }) {
        await client.getCrypto().bootstrapCrossSigning({
            setupNewCrossSigning: replace,
            authUploadDeviceSigningKeys: async (upload) => {
                try {
                    await upload(null);
                } catch (error) {
                    if (error?.httpStatus !== 401) throw error;
                    await upload({
                        type: "m.login.password",
                        identifier: { type: "m.id.user", user: client.getUserId() },
                        password,
                        session: error.data.session,
                    });
                }
            },
        });
        // The library learns from the server that its own device is signed: until then it
        // refuses to encrypt, and what is sent so blocks whatever is sent after it.
        const crypto = client.getCrypto();
        const [user, device] = [client.getUserId(), client.getDeviceId()];
        for (let tries = 0; tries < 300; tries += 1) {
            const own = await crypto.getDeviceVerificationStatus(user, device);
            if (own?.signedByOwner) return {};
            await crypto.getUserDeviceInfo([user], true);
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
        throw new Error("the device was not signed within half a minute");
    },

    rooms() {
        const joined = client.getRooms().filter((room) => room.getMyMembership() === "join");
        return joined.map((room) => ({ room_id: room.roomId, name: room.name }));
    },

    invitations() {
        return client
            .getRooms()
            .filter((room) => room.getMyMembership() === "invite")
            .map((room) => room.roomId);
    },

    async join({ room_id }) {
        await client.joinRoom(room_id);
        await until(() => client.getRoom(room_id)?.getMyMembership() === "join", "the join");
        return {};
    },

    // Through the SDK's own queue, so that its patience with 429 applies.
    async send({ room_id, type, content, transaction_id }) {
        roomOf(room_id);
        const sent = await client.sendEvent(room_id, null, type, content, transaction_id);
        unsent.delete(transaction_id);
        return { event_id: sent.event_id };
    },

    async resend({ transaction_id }) {
        const event = unsent.get(transaction_id);
        if (!event) throw new Error("no such unsent event");
        const sent = await client.resendEvent(event, roomOf(event.getRoomId()));
        unsent.delete(transaction_id);
        return { event_id: sent.event_id };
    },

    async discard({ transaction_id }) {
        const event = unsent.get(transaction_id);
        if (!event) throw new Error("no such unsent event");
        client.cancelPendingEvent(event);
        unsent.delete(transaction_id);
        return {};
    },

    async redact({ room_id, event_id, reason, transaction_id }) {
        const options = reason ? { reason } : undefined;
        const sent = await client.redactEvent(room_id, event_id, transaction_id, options);
        return { event_id: sent.event_id };
    },

    pending({ room_id }) {
        return roomOf(room_id)
            .getPendingEvents()
            .map((event) => ({ transaction_id: event.getTxnId(), status: event.status }));
    },

    async history({ room_id, count = 100 }) {
        const page = await client.createMessagesRequest(room_id, null, count, "b");
        const events = page.chunk.map((one) => client.getEventMapper()({ ...one, room_id }));
        for (const event of events) await client.decryptEventIfNeeded(event);
        return events.map(seen);
    },

    async search({ term }) {
        return client.search({
            body: { search_categories: { room_events: { search_term: term, keys: ["content.body"] } } },
        });
    },

    // Any request as this officer, answered as it comes.
    async http({ method, path, query, body }) {
        const url = new URL(path, client.getHomeserverUrl());
        for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
        const response = await fetch(url, {
            method,
            headers: {
                "Authorization": `Bearer ${client.getAccessToken()}`,
                "Content-Type": "application/json",
            },
            body: body === undefined || body === null ? undefined : JSON.stringify(body),
        });
        const text = await response.text();
        try {
            return { status: response.status, body: text ? JSON.parse(text) : null };
        } catch {
            return { status: response.status, body: null };
        }
    },

    async devices({ user_id }) {
        const crypto = client.getCrypto();
        const known = (await crypto.getUserDeviceInfo([user_id], true)).get(user_id) ?? new Map();
        const found = [];
        for (const device_id of known.keys()) {
            const trust = await crypto.getDeviceVerificationStatus(user_id, device_id);
            found.push({ device_id, signed: trust?.signedByOwner ?? false });
        }
        return found;
    },

    async discard_room_key({ room_id }) {
        await client.getCrypto().forceDiscardSession(room_id);
        return {};
    },

    requests({ after = 0 }) {
        return requests.slice(after);
    },

    async sign_out() {
        await client.logout(true);
        return {};
    },
};

// --- the protocol -------------------------------------------------------------------------------

const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on("line", async (line) => {
    const { id, do: name, ...rest } = JSON.parse(line);
    try {
        if (!Object.hasOwn(actions, name)) throw new Error(`unknown action ${name}`);
        say({ id, ok: (await actions[name](rest)) ?? null });
    } catch (error) {
        say({ id, error: failure(error) });
    }
});
lines.on("close", () => process.exit(0));
process.on("unhandledRejection", (error) => talks("unhandled", error));
say({ note: "ready", node: process.version });

"""The audit service: what others may read of the ledger, over HTTP, and how they verify it."""

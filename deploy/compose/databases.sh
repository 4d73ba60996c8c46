#!/bin/bash
# Roles and databases, once, when the cluster is made. Each role's password is a file of its name.
set -euo pipefail
for role in synapse rilon_owner rilon_steward rilon_audit rilon_worker; do
  psql -v ON_ERROR_STOP=1 -v role="$role" -v password="$(cat "/run/roles/$role")" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
SQL
done
psql -v ON_ERROR_STOP=1 <<'SQL'
CREATE DATABASE synapse OWNER synapse ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
CREATE DATABASE rilon OWNER rilon_owner ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
REVOKE ALL ON DATABASE synapse, rilon FROM PUBLIC;
GRANT CONNECT ON DATABASE rilon TO rilon_steward, rilon_audit, rilon_worker;
SQL

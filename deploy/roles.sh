#!/bin/sh
# Run once by the database's container on an empty cluster: three roles, of which the application's owns nothing.
# Their rights on the tables come from `flask db upgrade` (docs/postgresql.md).
set -eu
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username=postgres \
  --set=owner="$LMS_OWNER_PASSWORD" --set=app="$LMS_APP_PASSWORD" --set=worker="$LMS_WORKER_PASSWORD" <<'SQL'
create role lms_owner login password :'owner';
create role lms_app login password :'app';
create role lms_worker login password :'worker';
create database lms owner lms_owner;
\connect lms
revoke create on schema public from public;
SQL

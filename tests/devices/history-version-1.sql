-- A history as version 1 of the schema wrote it: sqlite3's own dump, and the two numbers it leaves out.
PRAGMA application_id = 1650549611;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE note (
        id       INTEGER PRIMARY KEY AUTOINCREMENT,
        session  INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
        at_ms    INTEGER NOT NULL,  -- since the session began
        kind     TEXT NOT NULL,     -- session, set, pause, pain, change, end
        exercise TEXT NOT NULL,     -- the exercise's identifier, or empty
        detail   TEXT NOT NULL      -- a JSON object
    );
INSERT INTO "note" VALUES(1,1,0,'session','','{"routine": "lower-back-circuit", "name": "lower-back circuit", "sets": 12}');
INSERT INTO "note" VALUES(2,1,40000,'pause','cat-camel','{"state": "briefing", "round": 1}');
INSERT INTO "note" VALUES(3,1,90000,'set','cat-camel','{"round": 1, "side": "", "repetitions": 6, "planned": 10, "seconds": 36, "variant": "cat camel", "completed": false, "ended": "pain"}');
INSERT INTO "note" VALUES(4,1,90000,'pain','cat-camel','{"state": "moving", "round": 1, "side": "", "words": "it hurts"}');
INSERT INTO "note" VALUES(5,1,99000,'change','cat-camel','{"what": "easier", "to": "seated cat camel"}');
INSERT INTO "note" VALUES(6,1,300000,'end','','{"outcome": "stopped"}');
INSERT INTO "note" VALUES(7,2,0,'session','','{"routine": "two-minutes", "name": "two minutes", "sets": 2}');
INSERT INTO "note" VALUES(8,2,9000,'pause','','{"state": "welcoming", "round": 1}');
CREATE TABLE session (
        id         INTEGER PRIMARY KEY AUTOINCREMENT,
        routine    TEXT NOT NULL,  -- the routine's identifier
        started_at TEXT NOT NULL   -- ISO 8601, local time with its offset from UTC
    );
INSERT INTO "session" VALUES(1,'lower-back-circuit','2025-11-22T07:30:00+01:00');
INSERT INTO "session" VALUES(2,'two-minutes','2025-11-24T18:05:00+01:00');
CREATE INDEX note_of_session ON note (session);
CREATE TRIGGER session_is_never_rewritten BEFORE UPDATE ON session
        BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
CREATE TRIGGER note_is_never_rewritten BEFORE UPDATE ON note
        BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
CREATE VIEW set_done AS SELECT
        session, at_ms, exercise,
        json_extract(detail, '$.round')       AS round,
        json_extract(detail, '$.side')        AS side,
        json_extract(detail, '$.repetitions') AS repetitions,
        json_extract(detail, '$.planned')     AS planned,
        json_extract(detail, '$.seconds')     AS seconds,
        json_extract(detail, '$.variant')     AS variant,
        json_extract(detail, '$.completed')   AS completed
        FROM note WHERE kind = 'set';
CREATE VIEW pause AS SELECT
        session, at_ms, exercise,
        json_extract(detail, '$.state') AS state
        FROM note WHERE kind = 'pause';
CREATE VIEW pain AS SELECT
        session, at_ms, exercise,
        json_extract(detail, '$.round') AS round,
        json_extract(detail, '$.words') AS words,
        json_extract(detail, '$.state') AS state
        FROM note WHERE kind = 'pain';
CREATE VIEW change AS SELECT
        session, at_ms, exercise,
        json_extract(detail, '$.what') AS what,
        json_extract(detail, '$.to')   AS "to"
        FROM note WHERE kind = 'change';
CREATE VIEW summary AS SELECT
        session.id AS session, started_at, routine,
        round(coalesce(max(at_ms), 0) / 60000.0, 1) AS minutes,
        max(CASE WHEN kind = 'end' THEN json_extract(detail, '$.outcome') END) AS outcome,
        count(CASE WHEN kind = 'set' THEN 1 END) AS sets,
        coalesce(sum(CASE WHEN kind = 'set' THEN json_extract(detail, '$.repetitions') END), 0)
            AS repetitions,
        count(CASE WHEN kind = 'pause' THEN 1 END) AS pauses,
        count(CASE WHEN kind = 'pain' THEN 1 END) AS pains
        FROM session LEFT JOIN note ON note.session = session.id GROUP BY session.id;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('session',2);
INSERT INTO "sqlite_sequence" VALUES('note',8);
COMMIT;

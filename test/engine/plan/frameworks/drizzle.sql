CREATE TABLE `users` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`handle` text NOT NULL,
	`first` text,
	`last` text,
	`age` integer,
	`flags` integer DEFAULT 0 NOT NULL,
	`active` integer DEFAULT true NOT NULL,
	`balance` real DEFAULT 0 NOT NULL,
	`created_at` integer DEFAULT (unixepoch()) NOT NULL,
	`updated_at` integer DEFAULT (unixepoch() * 1000) NOT NULL,
	`seen_at` integer DEFAULT (cast((julianday('now') - 2440587.5)*86400000 as integer)) NOT NULL,
	`day` text DEFAULT (CURRENT_DATE) NOT NULL,
	`at` text DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL,
	`token` text DEFAULT (lower(hex(randomblob(16)))) NOT NULL,
	`list` text DEFAULT (json_array()) NOT NULL,
	`prefs` text DEFAULT (json_object('theme', 'dark', 'size', 2)) NOT NULL,
	`full` text GENERATED ALWAYS AS ("first" || ' ' || "last") VIRTUAL,
	`initials` text GENERATED ALWAYS AS (substr("first", 1, 1) || substr("last", 1, 1)) STORED,
	`shout` text GENERATED ALWAYS AS (upper("handle")) VIRTUAL,
	`is_adult` integer GENERATED ALWAYS AS ("age" >= 18) VIRTUAL,
	`next_age` integer GENERATED ALWAYS AS ("age" + 1) VIRTUAL,
	CONSTRAINT "age_check" CHECK("users"."age" > 13),
	CONSTRAINT "flags_check" CHECK("users"."flags" & 1 = 0),
	CONSTRAINT "handle_check" CHECK("users"."handle" glob '[a-z]*' and length("users"."handle") > 1),
	CONSTRAINT "active_check" CHECK("users"."active" in (0, 1)),
	CONSTRAINT "no_space" CHECK(instr("users"."handle", ' ') = 0),
	CONSTRAINT "list_check" CHECK(json_valid("users"."list") and json_type("users"."list") = 'array'),
	CONSTRAINT "prefs_check" CHECK(json_extract("users"."prefs", '$.size') > 1)
);
CREATE UNIQUE INDEX `users_handle` ON `users` (lower("handle"));
CREATE UNIQUE INDEX `users_active` ON `users` (`handle`) WHERE "active" = 1;
CREATE INDEX `users_names` ON `users` (`first`,coalesce("last", ''));
CREATE INDEX `users_theme` ON `users` (json_extract("prefs", '$.theme'));

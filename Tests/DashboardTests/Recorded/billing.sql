PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE IF NOT EXISTS "_dlt_version" (
	"version" BIGINT NOT NULL, 
	"engine_version" BIGINT NOT NULL, 
	"inserted_at" DATETIME NOT NULL, 
	"schema_name" TEXT NOT NULL, 
	"version_hash" TEXT NOT NULL, 
	"schema" TEXT NOT NULL
);
INSERT INTO _dlt_version VALUES(1,11,'2026-12-01 15:09:24.007680','billing','ixpG+x+y1j779eEJu8gJtHKSZDUH7VOzXhfLnbHdACo=','{"version":1,"version_hash":"ixpG+x+y1j779eEJu8gJtHKSZDUH7VOzXhfLnbHdACo=","engine_version":11,"name":"billing","tables":{"_dlt_version":{"name":"_dlt_version","columns":{"version":{"name":"version","data_type":"bigint","nullable":false,"description":"Numeric version of the schema, incremented on each schema change"},"engine_version":{"name":"engine_version","data_type":"bigint","nullable":false,"description":"Version of the dlt schema engine that created this schema"},"inserted_at":{"name":"inserted_at","data_type":"timestamp","nullable":false,"description":"Timestamp when this schema version was stored"},"schema_name":{"name":"schema_name","data_type":"text","nullable":false,"description":"Name of the schema"},"version_hash":{"name":"version_hash","data_type":"text","nullable":false,"description":"Unique hash of the schema content, used to detect changes"},"schema":{"name":"schema","data_type":"text","nullable":false,"description":"JSON representation of the complete schema definition"}},"write_disposition":"skip","resource":"_dlt_version","description":"Created by DLT. Tracks schema updates"},"_dlt_loads":{"name":"_dlt_loads","columns":{"load_id":{"name":"load_id","data_type":"text","nullable":false,"precision":64,"description":"Unique identifier of the load operation"},"schema_name":{"name":"schema_name","data_type":"text","nullable":true,"description":"Name of the schema associated with this load"},"status":{"name":"status","data_type":"bigint","nullable":false,"description":"Status of the load operation (0 = success)"},"inserted_at":{"name":"inserted_at","data_type":"timestamp","nullable":false,"description":"Timestamp when the load was completed"},"schema_version_hash":{"name":"schema_version_hash","data_type":"text","nullable":true,"description":"Hash of the schema version used during this load"}},"write_disposition":"skip","resource":"_dlt_loads","description":"Created by DLT. Tracks completed loads"},"_dlt_pipeline_state":{"name":"_dlt_pipeline_state","columns":{"version":{"name":"version","data_type":"bigint","nullable":false,"description":"Numeric version of the pipeline state"},"engine_version":{"name":"engine_version","data_type":"bigint","nullable":false,"description":"Version of the dlt state engine"},"pipeline_name":{"name":"pipeline_name","data_type":"text","nullable":false,"description":"Name of the pipeline this state belongs to"},"state":{"name":"state","data_type":"text","nullable":false,"description":"Compressed JSON representation of the pipeline state"},"created_at":{"name":"created_at","data_type":"timestamp","nullable":false,"description":"Timestamp when this state was created"},"version_hash":{"name":"version_hash","data_type":"text","nullable":true,"description":"Hash of the state content, used to detect changes"},"_dlt_load_id":{"name":"_dlt_load_id","data_type":"text","nullable":false,"precision":64,"description":"Load identifier linking this row to its load operation"},"_dlt_id":{"name":"_dlt_id","data_type":"text","nullable":false,"unique":true,"row_key":true}},"write_disposition":"append","file_format":"preferred","resource":"_dlt_pipeline_state","x-normalizer":{"seen-data":true}},"pay":{"name":"pay","columns":{"id":{"name":"id","data_type":"bigint","nullable":false,"primary_key":true},"at":{"name":"at","data_type":"timestamp","nullable":true,"incremental":true},"_dlt_load_id":{"name":"_dlt_load_id","data_type":"text","nullable":false},"_dlt_id":{"name":"_dlt_id","data_type":"text","nullable":false,"unique":true,"row_key":true}},"write_disposition":"append","resource":"pay","x-normalizer":{"seen-data":true}}},"settings":{"detections":["iso_timestamp"],"default_hints":{"not_null":["_dlt_id","_dlt_root_id","_dlt_parent_id","_dlt_list_idx","_dlt_load_id"],"parent_key":["_dlt_parent_id"],"root_key":["_dlt_root_id"],"unique":["_dlt_id"],"row_key":["_dlt_id"]}},"normalizers":{"names":"snake_case","json":{"module":"dlt.common.normalizers.json.relational"}},"previous_hashes":[]}');
CREATE TABLE IF NOT EXISTS "_dlt_pipeline_state" (
	"version" BIGINT NOT NULL, 
	"engine_version" BIGINT NOT NULL, 
	"pipeline_name" TEXT NOT NULL, 
	"state" TEXT NOT NULL, 
	"created_at" DATETIME NOT NULL, 
	"version_hash" TEXT, 
	"_dlt_load_id" VARCHAR(64) NOT NULL, 
	"_dlt_id" VARCHAR(128) NOT NULL
);
INSERT INTO _dlt_pipeline_state VALUES(1,4,'billing','eNptkG9rgzAQxr/LvXaduuFWYe+2N/sDpTg2Norc9FoDMVpzcdrS775EsXOwcJDc77jnyd0RUs3IlLbUaFEpiANvQqR2Qs0q1x7UoibpoMKSIIYvIW26Aw90ZZqMNMTHM7TPhma8xt5dQmUNlaQYpUuRRyhYoExblMYKKyOlBxI1TwRCP4wu/MBG4vvxEB/W1yixN5QWqAvn8glRtMwOb7dXT2vfh439GGPDc93TcDzIkVETT6OUKJTVy2mLRnKqs4JK/GfOXz7YTZWNa9UsFLJdVsp97fpyyYsZ1gu9lyidRA9/G0ajce5p5cNUzn2rLlfJfSiqaP3Q5YfoMenz55sg7Nq6ee+WonpZveY1F+b7Dk4/5Cej4w==','2026-12-01 15:09:24.007679','bfn/PTD2io6RExdz6JTydL712xvprXx9ioMPUdpthuw=','1796137763.827420124501450056092737','QffIV0sNaAAk0f');
CREATE TABLE IF NOT EXISTS "_dlt_loads" (
	"load_id" VARCHAR(64) NOT NULL, 
	"schema_name" TEXT, 
	"status" BIGINT NOT NULL, 
	"inserted_at" DATETIME NOT NULL, 
	"schema_version_hash" TEXT
);
INSERT INTO _dlt_loads VALUES('1796137763.827420124501450056092737','billing',0,'2026-12-01 15:09:24.007681','ixpG+x+y1j779eEJu8gJtHKSZDUH7VOzXhfLnbHdACo=');
CREATE TABLE IF NOT EXISTS "pay" (
	"id" BIGINT NOT NULL, 
	"at" DATETIME, 
	"_dlt_load_id" TEXT NOT NULL, 
	"_dlt_id" VARCHAR(128) NOT NULL
);
INSERT INTO pay VALUES(1,'2026-01-01 00:00:00.000000','1796137763.827420124501450056092737','5yjkucqPRtip5Q');
CREATE UNIQUE INDEX u ON pay(id);
COMMIT;

import JSONText

/// dlt's own tables, column by column as dlt 1.31 creates them. The descriptions are part of the format: they are in
/// the stored schema, and its hash covers them.
package enum SystemTables {
    package static let versionName = "_dlt_version"
    package static let loadsName = "_dlt_loads"
    package static let stateName = "_dlt_pipeline_state"

    /// `_dlt…` under any convention but `s3_tables`, which strips the leading underscore.
    package static func isSystemName(_ name: String) -> Bool { name.utf8.starts(with: "_dlt".utf8) }

    private static func column(
        _ name: String, _ type: DataType, nullable: Bool = false, _ description: String? = nil, precision: Int? = nil
    ) -> Column {
        var column = Column(name: name, type, nullable: nullable)
        if let precision { column.hints["precision"] = .integer(precision) }
        if let description { column.hints["description"] = .string(description) }
        return column
    }

    package static let version = Table(
        properties: [
            "name": .string(versionName), "write_disposition": "skip", "resource": .string(versionName),
            "description": "Created by DLT. Tracks schema updates",
        ],
        columns: [
            column("version", .bigint, "Numeric version of the schema, incremented on each schema change"),
            column("engine_version", .bigint, "Version of the dlt schema engine that created this schema"),
            column("inserted_at", .timestamp, "Timestamp when this schema version was stored"),
            column("schema_name", .text, "Name of the schema"),
            column("version_hash", .text, "Unique hash of the schema content, used to detect changes"),
            column("schema", .text, "JSON representation of the complete schema definition"),
        ])

    package static let loads = Table(
        properties: [
            "name": .string(loadsName), "write_disposition": "skip", "resource": .string(loadsName),
            "description": "Created by DLT. Tracks completed loads",
        ],
        columns: [
            column("load_id", .text, "Unique identifier of the load operation", precision: 64),
            column("schema_name", .text, nullable: true, "Name of the schema associated with this load"),
            column("status", .bigint, "Status of the load operation (0 = success)"),
            column("inserted_at", .timestamp, "Timestamp when the load was completed"),
            column("schema_version_hash", .text, nullable: true, "Hash of the schema version used during this load"),
        ])

    package static let state = Table(
        properties: [
            "name": .string(stateName), "write_disposition": "append", "file_format": "preferred",
            "resource": .string(stateName), "x-normalizer": ["seen-data": true],
        ],
        columns: [
            column("version", .bigint, "Numeric version of the pipeline state"),
            column("engine_version", .bigint, "Version of the dlt state engine"),
            column("pipeline_name", .text, "Name of the pipeline this state belongs to"),
            column("state", .text, "Compressed JSON representation of the pipeline state"),
            column("created_at", .timestamp, "Timestamp when this state was created"),
            column("version_hash", .text, nullable: true, "Hash of the state content, used to detect changes"),
            column(
                "_dlt_load_id", .text, "Load identifier linking this row to its load operation", precision: 64),
            Column(name: "_dlt_id", .text, nullable: false, ["unique": true, "row_key": true]),
        ])
}

/// Settings of every new schema.
enum DefaultSettings {
    static func make() -> JSONObject {
        [
            "detections": .strings(["iso_timestamp"]),
            "default_hints": [
                "not_null": .strings(["_dlt_id", "_dlt_root_id", "_dlt_parent_id", "_dlt_list_idx", "_dlt_load_id"]),
                "parent_key": .strings(["_dlt_parent_id"]),
                "root_key": .strings(["_dlt_root_id"]),
                "unique": .strings(["_dlt_id"]),
                "row_key": .strings(["_dlt_id"]),
            ],
        ]
    }
}

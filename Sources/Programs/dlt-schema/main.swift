import SQLiteConnector
import SchemaInspection

SchemaProgram.main(SQLiteDestination.self)

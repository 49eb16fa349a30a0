import SQLiteConnector
import StateInspection

StateProgram.main(SQLiteDestination.self)

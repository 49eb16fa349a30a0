import Extraction
import FileConnector
import ProcessConnector
import RESTConnector

// To add a source: conform to RecordSource in a connector, and name it here.
ExtractProgram.main(
    ExtractCommand<FileSource>.self, ExtractCommand<ProcessSource>.self, ExtractCommand<RESTSource>.self)

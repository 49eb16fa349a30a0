import FileConnector
import ProcessConnector
import ProtocolConnector
import RESTConnector
package import RecordSources
import SQLConnector

/// The sources that dlt-extract is built with, in the order of its help.
package var allSources: [any RecordSource.Type] {
    [
        FileSource.self, ProcessSource.self, RESTSource.self, SQLSource.self, SingerSource.self, AirbyteSource.self,
    ]
}

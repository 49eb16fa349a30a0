import Alerting
import AllDestinations
import SchemaInspection

SchemaProgram.main(allDestinations, alert: AlertCommand.self)

import AllDestinations
import Dashboard

DashboardProgram.main(allDestinations)

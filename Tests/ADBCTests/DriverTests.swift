import ADBC
import Testing

@Suite struct DriverTests {
    @Test func `a library that is no driver can be used`() {
        #expect { _ = try ADBCDriver("libc.so.6") } throws: { error in
            (error as? ADBCError)?.message == "libc.so.6 has no function AdbcDriverInit"
        }
    }

    @Test func `a file that is not there is a driver`() {
        #expect { _ = try ADBCDriver("/nowhere/driver.so") } throws: { error in
            (error as? ADBCError)?.message.hasPrefix("/nowhere/driver.so: cannot open shared object file") == true
        }
    }
}

import ArgumentParser
import TableSources

extension ReflectionLevel: ExpressibleByArgument {}

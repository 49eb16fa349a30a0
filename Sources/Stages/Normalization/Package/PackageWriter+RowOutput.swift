import LoadPackages

extension PackageWriter: RowOutput {}

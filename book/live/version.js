export const version = "unbuilt"; // the build puts a checksum of all that the pages share in its place

package dev.tethys.collect.observe.protocol;

import java.io.IOException;
import java.util.stream.Stream;

/** The same tests with the protocols of this module, each among all others. */
class BackendConnectionTest extends ProtocolConnectionTest {
  static Stream<WireCase> cases() throws IOException {
    return cases(
        "http1.txt",
        "http2.txt",
        "redis.txt",
        "kafka.txt",
        "dns.txt",
        "postgres.txt",
        "mysql.txt",
        "stores.txt",
        "messages.txt",
        "calls.txt",
        "directories.txt",
        "thrift.txt",
        "couchbase.txt",
        "aerospike.txt");
  }

  static Stream<WireCase> completeCases() throws IOException {
    return complete(cases());
  }

  @Override
  Stream<WireCase> all() throws IOException {
    return cases();
  }
}

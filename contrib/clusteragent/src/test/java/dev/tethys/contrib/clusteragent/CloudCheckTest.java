package dev.tethys.contrib.clusteragent;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs {@code cluster-agent check} against a double of RDS and ElastiCache on loopback. */
class CloudCheckTest {
  private static final String INSTANCES =
      "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>"
          + "<DBInstanceIdentifier>orders</DBInstanceIdentifier><Engine>postgres</Engine>"
          + "<DBInstanceStatus>creating</DBInstanceStatus></DBInstance></DBInstances>"
          + "</DescribeDBInstancesResult></DescribeDBInstancesResponse>";
  private static final String NO_CLUSTERS =
      "<DescribeCacheClustersResponse><DescribeCacheClustersResult><CacheClusters/>"
          + "</DescribeCacheClustersResult></DescribeCacheClustersResponse>";
  private static final String DENIED =
      "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User is not authorized to perform:"
          + " elasticache:DescribeCacheClusters</Message></Error></ErrorResponse>";

  @TempDir private Path folder;
  private HttpServer server;
  private volatile boolean denied;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        x -> {
          String body = new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          boolean caches = body.contains("DescribeCacheClusters");
          byte[] answer =
              (caches ? denied ? DENIED : NO_CLUSTERS : INSTANCES).getBytes(StandardCharsets.UTF_8);
          x.sendResponseHeaders(caches && denied ? 403 : 200, answer.length);
          x.getResponseBody().write(answer);
          x.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private String check(int status) throws IOException {
    String url = "http://127.0.0.1:" + server.getAddress().getPort();
    Path file = folder.resolve("databases.yml");
    Files.writeString(
        file,
        "aws:\n  regions: [eu-west-1]\n  access_key: AKIAEXAMPLE\n  secret_key: wJalrXUtnFEMI\n"
            + "  endpoints: {rds: '"
            + url
            + "', elasticache: '"
            + url
            + "'}\n");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(
            ClusterAgentRole.run(
                List.of("check", "--config.file=" + file),
                Map.of(),
                new PrintStream(out, true, StandardCharsets.UTF_8)))
        .isEqualTo(status);
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void listsPartsOfEachRegion() throws IOException {
    assertThat(check(0))
        .isEqualTo(
            """
            aws eu-west-1
              RDS instances                     ok
              ElastiCache clusters              ok
              databases                         1
            """);
  }

  @Test
  void printsPolicyStatementOfMissingPermission() throws IOException {
    denied = true;

    assertThat(check(1))
        .contains("RDS instances                     ok")
        .contains("ElastiCache clusters              missing  access denied")
        .contains(
            "remedy: {\"Effect\": \"Allow\", \"Action\": [\"elasticache:DescribeCacheClusters")
        .doesNotContain("wJalrXUtnFEMI");
  }
}

package dev.tethys.collect.host;

import dev.tethys.testkit.Exposition;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The real node_exporter, for one scrape; where it is not installed its test is skipped. */
final class RealNodeExporter {
  private RealNodeExporter() {}

  /**
   * What it shows.
   *
   * @param flags each with its value, without dashes
   * @param environment beside that of this process
   */
  static Exposition scraped(List<String> flags, Map<String, String> environment)
      throws IOException, InterruptedException {
    int port = Ports.free();
    List<String> command = new ArrayList<>();
    command.add(Shared.peer("prometheus-node-exporter").toString());
    flags.forEach(f -> command.add("--" + f));
    command.add("--web.listen-address=127.0.0.1:" + port);
    ProcessBuilder b =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    b.environment().putAll(environment);
    Process p = b.start();
    try (HttpClient client =
        HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build()) {
      HttpRequest r =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
              .timeout(Duration.ofSeconds(20))
              .build();
      for (int i = 0; ; i++) {
        try {
          return Exposition.parse(client.send(r, HttpResponse.BodyHandlers.ofString()).body());
        } catch (java.net.ConnectException e) {
          if (i >= 200 || !p.isAlive()) {
            throw e;
          }
          p.waitFor(50, TimeUnit.MILLISECONDS); // until it listens
        }
      }
    } finally {
      p.destroy();
      p.waitFor();
    }
  }
}

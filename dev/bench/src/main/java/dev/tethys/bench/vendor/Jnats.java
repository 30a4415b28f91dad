package dev.tethys.bench.vendor;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** NATS's client, with a message of lines of JSON for each thousand samples into JetStream. */
final class Jnats implements VendorClient {
  private static final int EACH = 1000;

  private final Connection connection;

  Jnats(String address) throws IOException, InterruptedException {
    connection = Nats.connect("nats://" + address);
  }

  @Override
  public void write(List<Sample> samples) throws IOException, JetStreamApiException {
    for (int from = 0; from < samples.size(); from += EACH) {
      StringBuilder sb = new StringBuilder();
      for (Sample s : samples.subList(from, Math.min(samples.size(), from + EACH))) {
        s.series().line(s.millis(), s.value(), sb);
      }
      connection
          .jetStream()
          .publish("telemetry.vendor", sb.toString().getBytes(StandardCharsets.UTF_8));
    }
  }

  @Override
  public void close() throws InterruptedException {
    connection.close();
  }
}

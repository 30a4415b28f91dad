package dev.tethys.bench.vendor;

import com.kx.c;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** KX's client, with the columns of a table for each request, as a tickerplant takes them. */
final class JavaKdb implements VendorClient {
  private final c connection;

  JavaKdb(String address) throws IOException, c.KException {
    String[] hostAndPort = address.split(":", 2);
    connection = new c(hostAndPort[0], Integer.parseInt(hostAndPort[1]), "");
  }

  @Override
  public void write(List<Sample> samples) throws IOException, c.KException {
    int n = samples.size();
    c.Timespan[] times = new c.Timespan[n];
    String[] metrics = new String[n];
    Instant[] moments = new Instant[n];
    UUID[] series = new UUID[n];
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      Sample s = samples.get(i);
      times[i] = new c.Timespan(s.millis() % 86_400_000 * 1_000_000);
      metrics[i] = s.series().metric();
      moments[i] = Instant.ofEpochMilli(s.millis());
      series[i] = s.series().id();
      values[i] = s.value();
    }
    connection.k(
        ".u.upd",
        "metrics",
        new Object[] {times, metrics, moments, series, values, new boolean[n]});
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }
}

package dev.tethys.bench.vendor;

import com.timgroup.statsd.NonBlockingStatsDClientBuilder;
import com.timgroup.statsd.StatsDClient;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Datadog's client of DogStatsD, with a gauge for each sample; it packs lines into datagrams. */
final class DogStatsdClient implements VendorClient {
  private final StatsDClient client;
  private final Map<Series, String[]> tags = new HashMap<>();

  DogStatsdClient(String address) {
    int colon = address.lastIndexOf(':');
    client =
        new NonBlockingStatsDClientBuilder()
            .hostname(address.substring(0, colon))
            .port(Integer.parseInt(address.substring(colon + 1)))
            .enableTelemetry(false)
            .enableAggregation(false)
            .blocking(true)
            .build();
  }

  @Override
  public void write(List<Sample> samples) {
    for (Sample s : samples) {
      String[] t =
          tags.computeIfAbsent(
              s.series(),
              x ->
                  x.labels().entrySet().stream()
                      .map(e -> e.getKey() + ":" + e.getValue())
                      .toArray(String[]::new));
      client.gauge(s.series().metric(), s.value(), t);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}

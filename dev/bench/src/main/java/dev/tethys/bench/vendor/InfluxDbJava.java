package dev.tethys.bench.vendor;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDBFactory;
import org.influxdb.dto.BatchPoints;
import org.influxdb.dto.Point;

/** InfluxData's client of version 1. */
final class InfluxDbJava implements VendorClient {
  private static final String DATABASE = "far";

  private final InfluxDB influx;

  InfluxDbJava(String url) {
    influx = InfluxDBFactory.connect(url);
    influx.setDatabase(DATABASE).enableGzip();
  }

  @Override
  public void write(List<Sample> samples) {
    BatchPoints.Builder batch = BatchPoints.database(DATABASE).precision(TimeUnit.MILLISECONDS);
    for (Sample s : samples) {
      batch.point(
          Point.measurement(s.series().metric())
              .tag(s.series().labels())
              .addField("value", s.value())
              .time(s.millis(), TimeUnit.MILLISECONDS)
              .build());
    }
    influx.write(batch.build());
  }

  @Override
  public void close() {
    influx.close();
  }
}

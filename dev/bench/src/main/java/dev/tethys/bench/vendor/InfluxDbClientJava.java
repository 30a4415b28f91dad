package dev.tethys.bench.vendor;

import com.influxdb.client.InfluxDBClient;
import com.influxdb.client.InfluxDBClientFactory;
import com.influxdb.client.WriteApiBlocking;
import com.influxdb.client.domain.WritePrecision;
import com.influxdb.client.write.Point;
import java.util.ArrayList;
import java.util.List;

/** InfluxData's client of version 2. */
final class InfluxDbClientJava implements VendorClient {
  private final InfluxDBClient influx;
  private final WriteApiBlocking writer;

  InfluxDbClientJava(String url) {
    influx = InfluxDBClientFactory.create(url, "token".toCharArray(), "org", "far").enableGzip();
    writer = influx.getWriteApiBlocking();
  }

  @Override
  public void write(List<Sample> samples) {
    List<Point> points = new ArrayList<>(samples.size());
    for (Sample s : samples) {
      points.add(
          Point.measurement(s.series().metric())
              .addTags(s.series().labels())
              .addField("value", s.value())
              .time(s.millis(), WritePrecision.MS));
    }
    writer.writePoints(points);
  }

  @Override
  public void close() {
    influx.close();
  }
}

package dev.tethys.bench.vendor;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.data_formats.RowBinaryFormatWriter;
import com.clickhouse.client.api.insert.InsertSettings;
import com.clickhouse.client.api.metadata.TableSchema;
import com.clickhouse.data.ClickHouseColumn;
import com.clickhouse.data.ClickHouseFormat;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** ClickHouse's client, with its writer of rows in binary. */
final class ClickHouseClientV2 implements VendorClient {
  private static final TableSchema SAMPLES =
      new TableSchema(
          List.of(
              ClickHouseColumn.of("metric", "String"),
              ClickHouseColumn.of("series", "UUID"),
              ClickHouseColumn.of("ts", "DateTime64(3, 'UTC')"),
              ClickHouseColumn.of("value", "Float64")));

  private final Client client;

  ClickHouseClientV2(String url) {
    client =
        new Client.Builder()
            .addEndpoint(url)
            .setUsername("default")
            .setPassword("")
            .compressClientRequest(true)
            .build();
  }

  @Override
  public void write(List<Sample> samples) throws Exception {
    client
        .insert(
            "metrics_samples",
            out -> {
              RowBinaryFormatWriter w =
                  new RowBinaryFormatWriter(out, SAMPLES, ClickHouseFormat.RowBinary);
              for (Sample s : samples) {
                w.setString(1, s.series().metric());
                w.setValue(2, s.series().id());
                w.setDateTime(3, Instant.ofEpochMilli(s.millis()).atZone(ZoneOffset.UTC));
                w.setDouble(4, s.value());
                w.commitRow();
              }
            },
            ClickHouseFormat.RowBinary,
            new InsertSettings())
        .get(60, TimeUnit.SECONDS)
        .close();
  }

  @Override
  public void close() {
    client.close();
  }
}

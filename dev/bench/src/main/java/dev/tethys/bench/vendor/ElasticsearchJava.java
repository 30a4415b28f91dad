package dev.tethys.bench.vendor;

import co.elastic.clients.elasticsearch.ElasticsearchClient;
import co.elastic.clients.elasticsearch.core.BulkRequest;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Elastic's client, with its bulk requests of maps. */
final class ElasticsearchJava implements VendorClient {
  private final ElasticsearchClient client;

  ElasticsearchJava(String url) {
    client = ElasticsearchClient.of(b -> b.host(url).useCompression(true));
  }

  @Override
  public void write(List<Sample> samples) throws IOException {
    BulkRequest.Builder bulk = new BulkRequest.Builder();
    for (Sample s : samples) {
      Map<String, Object> document = s.document();
      bulk.operations(
          o -> o.create(c -> c.index("metrics-tethys-default").id(s.id()).document(document)));
    }
    if (client.bulk(bulk.build()).errors()) {
      throw new IOException("documents were refused");
    }
  }

  @Override
  public void close() throws IOException {
    client.close();
  }
}

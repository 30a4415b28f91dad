package dev.tethys.bench.vendor;

import java.io.IOException;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Map;
import org.apache.hc.core5.http.HttpHost;
import org.opensearch.client.opensearch.OpenSearchClient;
import org.opensearch.client.opensearch.core.BulkRequest;
import org.opensearch.client.transport.httpclient5.ApacheHttpClient5TransportBuilder;

/** OpenSearch's client, with its bulk requests of maps. */
final class OpenSearchJava implements VendorClient {
  private final OpenSearchClient client;

  OpenSearchJava(String url) throws URISyntaxException {
    client =
        new OpenSearchClient(
            ApacheHttpClient5TransportBuilder.builder(HttpHost.create(url))
                .setCompressionEnabled(true)
                .build());
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
    client._transport().close();
  }
}

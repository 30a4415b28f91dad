package dev.tethys.store.remote.elastic;

import dev.tethys.config.CloudAuth;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreType;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code type: elasticsearch} and {@code type: opensearch}: documents as the exporters of these
 * names write them. The keys of {@code http_config} identify the client: {@code basic_auth}, or
 * {@code authorization} of type ApiKey; by {@code sigv4} to AWS's OpenSearch.
 */
public final class ElasticStoreType implements StoreType {
  private final String name;
  private final Section section;
  private final StoreConfig.Keys keys;
  private final Key<String> index;
  private final @Nullable Key<CloudAuth> sigv4;

  /**
   * @param openSearch whether the store is OpenSearch
   */
  public ElasticStoreType(boolean openSearch) {
    name = openSearch ? "opensearch" : "elasticsearch";
    section = new Section("stores: " + name, "Elasticsearch cluster that queries read.");
    keys = new StoreConfig.Keys(section, true);
    index =
        section.key(
            "index",
            Type.STRING,
            "metrics-tethys-*",
            "Indices, data streams or patterns of them, separated by commas.");
    sigv4 =
        openSearch
            ? section.optional(
                "sigv4",
                CloudAuth.SigV4.of("es", "Signing of requests for Amazon OpenSearch Service."),
                "AWS Signature Version 4.")
            : null;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Section section() {
    return section;
  }

  @Override
  public StoreConfig read(YamlObject o) {
    String in = o.get(index);
    if (!in.matches("[a-z0-9][a-z0-9_.,*+-]*")) {
      throw o.error(index, "\"" + in + "\" names no index");
    }
    Map<String, @Nullable Object> shown = new LinkedHashMap<>();
    shown.put("index", in);
    CloudAuth cloud = sigv4 == null ? null : o.find(sigv4);
    if (cloud != null) {
      if (o.node().entries().containsKey("kerberos")) {
        throw o.error("at most one of sigv4 & kerberos must be configured");
      }
      shown.put(cloud.key(), cloud.tree());
    }
    return keys.read(
        o,
        new MaskedKeys(shown),
        (c, s) ->
            new ElasticStore(
                c,
                in,
                cloud == null
                    ? c.connect(s.clients())
                    : s.clients().client(c.client().with(cloud, o)),
                s.limits()));
  }
}

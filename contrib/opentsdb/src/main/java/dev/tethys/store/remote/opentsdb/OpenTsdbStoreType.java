package dev.tethys.store.remote.opentsdb;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code type: opentsdb}: OpenTSDB 2, queried through {@code /api/query}. */
public final class OpenTsdbStoreType implements StoreType {
  private static final Section SECTION =
      new Section("stores: opentsdb", "OpenTSDB that queries read.");
  private static final StoreConfig.Keys KEYS = new StoreConfig.Keys(SECTION, true);
  private static final Key<List<String>> TAGS =
      SECTION.key(
          "tags",
          Type.list(Type.STRING),
          List.of("instance", "job"),
          "Labels that are separate tags in every series, as the exporter writes them:"
              + " OpenTSDB evaluates their matchers.");

  @Override
  public String name() {
    return "opentsdb";
  }

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public StoreConfig read(YamlObject o) {
    List<String> tags = o.get(TAGS);
    Map<String, @Nullable Object> shown = new LinkedHashMap<>();
    shown.put("tags", tags);
    return KEYS.read(
        o,
        new MaskedKeys(shown),
        (c, s) -> new OpenTsdbStore(c, tags, c.connect(s.clients()), s.limits()));
  }
}

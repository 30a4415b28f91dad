package dev.tethys.pipeline.receiver.scraping;

import com.google.re2j.Pattern;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.Resource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Settings of resource attributes: enabled attributes, and filters of resources by their values.
 */
public record ResourceAttributes(
    Set<String> enabled, Map<String, List<Value>> include, Map<String, List<Value>> exclude) {
  /** Required value, or an expression that must match it. */
  public record Value(String strict, @Nullable Pattern regexp) {
    private static final Section SECTION =
        new Section("filter", "Filter by a value or a regular expression.");
    private static final Key<String> STRICT =
        SECTION.key("strict", Type.STRING, "", "Exact value.");
    private static final Key<Pattern> REGEXP =
        SECTION.optional("regexp", Type.REGEX, "RE2 expression searched for in the value.");
    static final Type<List<Value>> LIST =
        Type.list(
            SECTION.type(
                o -> {
                  Pattern p = o.find(REGEXP);
                  if ((p == null) == o.get(STRICT).isEmpty()) {
                    throw o.error("a filter requires either strict or regexp");
                  }
                  return new Value(o.get(STRICT), p);
                }));

    boolean match(String value) {
      return regexp == null ? strict.equals(value) : regexp.matcher(value).find();
    }
  }

  /** An attribute as the Collector documents it. */
  public record Attribute(String name, boolean enabled, String doc) {}

  /** Whether resources have it. */
  public boolean has(String attribute) {
    return enabled.contains(attribute);
  }

  /** Adds an attribute if there is to be one. */
  public void put(Map<String, Object> to, String attribute, Object value) {
    if (enabled.contains(attribute)) {
      to.put(attribute, value);
    }
  }

  /** Returns the resource with these attributes, or null if it is excluded. */
  public @Nullable Resource resource(Map<String, Object> all) {
    for (Map.Entry<String, List<Value>> e : include.entrySet()) {
      Object v = all.get(e.getKey());
      if (v != null && e.getValue().stream().noneMatch(f -> f.match(v.toString()))) {
        return null;
      }
    }
    for (Map.Entry<String, List<Value>> e : exclude.entrySet()) {
      Object v = all.get(e.getKey());
      if (v != null && e.getValue().stream().anyMatch(f -> f.match(v.toString()))) {
        return null;
      }
    }
    Resource r = new Resource();
    all.forEach(r.attributes()::add);
    return r;
  }

  /** The keys below {@code resource_attributes}. */
  public static final class Keys {
    private record Choice(boolean enabled, List<Value> include, List<Value> exclude) {}

    private final Map<Attribute, Key<Choice>> attributes = new LinkedHashMap<>();
    private final Key<ResourceAttributes> key;

    /** Adds the key {@code resource_attributes} to a scraper's or receiver's. */
    public Keys(Section scraper, List<Attribute> all) {
      Section section = new Section("resource_attributes", "Resource attributes to set.");
      Set<String> usual = new LinkedHashSet<>();
      for (Attribute a : all) {
        Section s = new Section("attribute " + a.name, a.doc);
        Key<Boolean> enabled = s.key("enabled", Type.BOOL, a.enabled, "Enables the attribute.");
        Key<List<Value>> include =
            s.key(
                "metrics_include",
                Value.LIST,
                List.of(),
                "Only resources with a matching value are collected.");
        Key<List<Value>> exclude =
            s.key(
                "metrics_exclude",
                Value.LIST,
                List.of(),
                "Resources with a matching value are not collected.");
        attributes.put(
            a,
            section.optional(
                a.name,
                s.type(o -> new Choice(o.get(enabled), o.get(include), o.get(exclude))),
                a.doc));
        if (a.enabled) {
          usual.add(a.name);
        }
      }
      key =
          scraper.key(
              "resource_attributes",
              section.type(this::settings),
              new ResourceAttributes(Set.copyOf(usual), Map.of(), Map.of()),
              section.doc());
    }

    private ResourceAttributes settings(YamlObject o) {
      List<String> enabled = new ArrayList<>();
      Map<String, List<Value>> include = new LinkedHashMap<>();
      Map<String, List<Value>> exclude = new LinkedHashMap<>();
      attributes.forEach(
          (a, k) -> {
            Choice c = o.find(k);
            if (c == null ? a.enabled : c.enabled) {
              enabled.add(a.name);
            }
            if (c != null && c.enabled && !c.include.isEmpty()) {
              include.put(a.name, c.include);
            }
            if (c != null && c.enabled && !c.exclude.isEmpty()) {
              exclude.put(a.name, c.exclude);
            }
          });
      return new ResourceAttributes(Set.copyOf(enabled), include, exclude);
    }

    public ResourceAttributes read(YamlObject o) {
      return o.get(key);
    }
  }
}

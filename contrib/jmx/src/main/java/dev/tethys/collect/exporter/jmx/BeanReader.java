package dev.tethys.collect.exporter.jmx;

import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import javax.management.Attribute;
import javax.management.JMException;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServerConnection;
import javax.management.ObjectInstance;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.CompositeType;
import javax.management.openmbean.TabularData;
import org.jspecify.annotations.Nullable;

/**
 * Reads the configured beans, and splits their values into numbers, booleans and strings.
 * Thread-safe.
 */
final class BeanReader {
  private static final System.Logger LOG = JulLogger.of(BeanReader.class.getName());

  /** Maximum nesting depth of values. */
  private static final int MAX_DEPTH = 64;

  /** Attributes of the bean java.lang:type=Runtime that hold long strings or possible secrets. */
  private static final Set<String> RUNTIME_TEXTS =
      Set.of("systemproperties", "classpath", "bootclasspath", "librarypath");

  private static final List<ObjectName> JVM =
      List.of(
          pattern("com.sun.management:*"),
          pattern("com.sun.management.jmxremote:*"),
          pattern("java.lang:*"),
          pattern("java.nio:*"),
          pattern("java.util.logging:*"),
          pattern("javax.management:*"),
          pattern("javax.management.remote:*"),
          pattern("jdk.internal:*"),
          pattern("jdk.management:*"),
          pattern("jdk.management.jfr:*"),
          pattern("sun.management:*"));

  private final JmxConfig config;

  /** Attributes that could not be exported, and are not requested again while the bean lives. */
  private final Map<ObjectName, Set<String>> unusable = new ConcurrentHashMap<>();

  BeanReader(JmxConfig config) {
    this.config = config;
  }

  private static ObjectName pattern(String text) {
    try {
      return new ObjectName(text);
    } catch (JMException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Reads all of it. A bean that cannot be read is omitted. */
  void read(MBeanServerConnection server, Consumer<BeanValue> to) throws IOException {
    Set<ObjectName> names = names(server);
    unusable.keySet().retainAll(names);
    for (ObjectName name : names) {
      if (Thread.currentThread().isInterrupted()) {
        throw new IOException("timed out");
      }
      read(server, name, to);
    }
  }

  private Set<ObjectName> names(MBeanServerConnection server) throws IOException {
    Set<ObjectName> names = new TreeSet<>();
    Set<ObjectName> explicit = new HashSet<>();
    if (config.include().isEmpty()) {
      query(server, null).forEach(names::add);
    }
    for (ObjectName wanted : config.include()) {
      query(server, wanted)
          .forEach(
              n -> {
                names.add(n);
                explicit.add(n);
              });
    }
    for (ObjectName unwanted : config.exclude()) {
      query(server, unwanted)
          .forEach(
              n -> {
                names.remove(n);
                explicit.remove(n);
              });
    }
    if (config.excludeJvm()) {
      names.removeIf(n -> !explicit.contains(n) && JVM.stream().anyMatch(p -> p.apply(n)));
    }
    return names;
  }

  private static List<ObjectName> query(MBeanServerConnection server, @Nullable ObjectName name)
      throws IOException {
    return server.queryMBeans(name, null).stream().map(ObjectInstance::getObjectName).toList();
  }

  private void read(MBeanServerConnection server, ObjectName name, Consumer<BeanValue> to)
      throws IOException {
    Map<String, MBeanAttributeInfo> wanted = new LinkedHashMap<>();
    try {
      for (MBeanAttributeInfo a : server.getMBeanInfo(name).getAttributes()) {
        if (a.isReadable() && isWanted(name, a.getName())) {
          wanted.put(a.getName(), a);
        }
      }
    } catch (JMException | IOException e) {
      LOG.log(Level.DEBUG, "{0} cannot be described: {1}", name, e);
      return;
    }
    if (wanted.isEmpty()) {
      return;
    }
    List<Attribute> values;
    try {
      values = server.getAttributes(name, wanted.keySet().toArray(String[]::new)).asList();
    } catch (JMException | IOException | RuntimeException e) {
      LOG.log(Level.DEBUG, "{0} is read one attribute at a time: {1}", name, e);
      oneByOne(server, name, wanted.values(), to);
      return;
    }
    Customizer customizer =
        config.customizers().stream().filter(c -> c.isFor(name)).findFirst().orElse(null);
    Bean bean = Bean.of(name, customizer == null ? Map.of() : labels(customizer, values));
    if (customizer != null) {
      for (Customizer.Extra x : customizer.extra()) {
        to.accept(new BeanValue(bean, List.of(), x.name(), x.description(), x.value()));
      }
    }
    String text = name.toString();
    for (Attribute a : values) {
      MBeanAttributeInfo info = wanted.get(a.getName());
      if (info != null && !isSkipped(text, a.getName())) {
        take(
            new Walk(name, info.getName(), to),
            bean,
            List.of(),
            info.getName(),
            info.getDescription(),
            a.getValue(),
            0);
      }
    }
  }

  private boolean isWanted(ObjectName name, String attribute) {
    if (config.excludeAttributes().getOrDefault(name, Set.of()).contains(attribute)
        || unusable.getOrDefault(name, Set.of()).contains(attribute)) {
      return false;
    }
    return config.includeAttributes().isEmpty()
        || config.includeAttributes().getOrDefault(name, Set.of()).contains(attribute);
  }

  private static boolean isSkipped(String bean, String attribute) {
    return bean.equals("jdk.management.jfr:type=FlightRecorder")
        || (bean.equals("java.lang:type=Runtime")
            && RUNTIME_TEXTS.contains(attribute.toLowerCase(Locale.ROOT)));
  }

  private static Map<String, String> labels(Customizer c, List<Attribute> values) {
    Map<String, Object> byName = new HashMap<>();
    for (Attribute a : values) {
      if (a.getValue() != null) {
        byName.put(a.getName(), a.getValue());
      }
    }
    Map<String, String> out = new TreeMap<>();
    for (String label : c.labels()) {
      Object v = byName.get(label);
      if (v != null) {
        out.put(label, v.toString());
      }
    }
    return out;
  }

  /** Reads a bean attribute by attribute, since one holds an unknown class. */
  private void oneByOne(
      MBeanServerConnection server,
      ObjectName name,
      Iterable<MBeanAttributeInfo> wanted,
      Consumer<BeanValue> to)
      throws IOException {
    Bean bean = Bean.of(name, Map.of());
    for (MBeanAttributeInfo info : wanted) {
      if (Thread.currentThread().isInterrupted()) {
        throw new IOException("timed out");
      }
      Object value;
      try {
        value = server.getAttribute(name, info.getName());
      } catch (JMException | IOException | RuntimeException e) {
        LOG.log(Level.DEBUG, "{0}: {1} cannot be read: {2}", name, info.getName(), e);
        continue;
      }
      if (!isSkipped(name.toString(), info.getName())) {
        take(
            new Walk(name, info.getName(), to),
            bean,
            List.of(),
            info.getName(),
            info.getDescription(),
            value,
            0);
      }
    }
  }

  private record Walk(ObjectName bean, String attribute, Consumer<BeanValue> to) {}

  // Beans use dates of this class; SQL dates have no instant.
  @SuppressWarnings("JavaUtilDate")
  private void take(
      Walk walk,
      Bean bean,
      List<String> path,
      String name,
      String description,
      @Nullable Object value,
      int depth) {
    if (depth > MAX_DEPTH) {
      return;
    }
    switch (value) {
      case null -> {}
      case Number n -> walk.to.accept(new BeanValue(bean, path, name, description, n));
      case String s -> walk.to.accept(new BeanValue(bean, path, name, description, s));
      case Boolean b -> walk.to.accept(new BeanValue(bean, path, name, description, b));
      case Date d ->
          walk.to.accept(new BeanValue(bean, path, name, description, d.getTime() / 1000.0));
      case CompositeData c -> {
        List<String> inside = and(path, name);
        CompositeType type = c.getCompositeType();
        for (String key : type.keySet()) {
          take(walk, bean, inside, key, type.getDescription(), c.get(key), depth + 1);
        }
      }
      case TabularData t -> table(walk, bean, path, name, t, depth);
      case Optional<?> o -> take(walk, bean, path, name, description, o.orElse(null), depth + 1);
      case Enum<?> e -> walk.to.accept(new BeanValue(bean, path, name, description, e.toString()));
      default -> {
        if (!value.getClass().isArray() && config.autoExclude()) {
          unusable
              .computeIfAbsent(walk.bean, k -> ConcurrentHashMap.newKeySet())
              .add(walk.attribute);
        }
      }
    }
  }

  /** Reads a table; the row keys become properties of the bean. */
  private void table(
      Walk walk, Bean bean, List<String> path, String name, TabularData table, int depth) {
    List<String> keys = table.getTabularType().getIndexNames();
    CompositeType type = table.getTabularType().getRowType();
    Set<String> columns = new TreeSet<>(type.keySet());
    keys.forEach(columns::remove);
    List<String> inside = and(path, name);
    for (Object row : table.values()) {
      if (!(row instanceof CompositeData r)) {
        continue;
      }
      SequencedMap<String, String> properties = new LinkedHashMap<>(bean.properties());
      for (String key : keys) {
        Object v = r.get(key);
        if (v == null) {
          continue;
        }
        String free = key;
        while (properties.containsKey(free)) {
          free += "_";
        }
        if (v instanceof CompositeData c) {
          for (String part : c.getCompositeType().keySet()) {
            properties.put(free + "_" + part, String.valueOf(c.get(part)));
          }
        } else {
          properties.put(free, v.toString());
        }
      }
      Bean rowBean = bean.withProperties(properties);
      for (String column : columns) {
        boolean plain = column.equalsIgnoreCase("value");
        take(
            walk,
            rowBean,
            plain ? path : inside,
            plain ? name : column,
            type.getDescription(),
            r.get(column),
            depth + 1);
      }
    }
  }

  private static List<String> and(List<String> path, String name) {
    List<String> out = new ArrayList<>(path);
    out.add(name);
    return out;
  }
}

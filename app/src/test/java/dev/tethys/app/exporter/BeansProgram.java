package dev.tethys.app.exporter;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.DynamicMBean;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeDataSupport;
import javax.management.openmbean.CompositeType;
import javax.management.openmbean.OpenType;
import javax.management.openmbean.SimpleType;
import javax.management.openmbean.TabularDataSupport;
import javax.management.openmbean.TabularType;
import org.jspecify.annotations.Nullable;

/** A program with beans of every kind, which lives until its input ends. */
final class BeansProgram {
  private BeansProgram() {}

  /** Is known to this program alone. */
  static final class Foreign implements java.io.Serializable {
    private static final long serialVersionUID = 1;

    @Override
    public String toString() {
      return "foreign";
    }
  }

  private static final class Values implements DynamicMBean {
    private final Map<String, Object> values;
    private final boolean described;

    Values(Map<String, Object> values, boolean described) {
      this.values = values;
      this.described = described;
    }

    @Override
    public @Nullable Object getAttribute(String name) {
      Object v = values.get(name);
      if (v instanceof Runnable r) {
        r.run();
      }
      return v;
    }

    @Override
    public void setAttribute(Attribute attribute) {}

    @Override
    public AttributeList getAttributes(String[] names) {
      AttributeList l = new AttributeList();
      Arrays.stream(names).forEach(n -> l.add(new Attribute(n, getAttribute(n))));
      return l;
    }

    @Override
    public AttributeList setAttributes(AttributeList attributes) {
      return attributes;
    }

    @Override
    public Object invoke(String name, Object[] params, String[] signature) {
      return name;
    }

    @Override
    public MBeanInfo getMBeanInfo() {
      MBeanAttributeInfo[] infos =
          values.keySet().stream()
              .map(
                  n ->
                      new MBeanAttributeInfo(
                          n, "java.lang.Object", described ? "About " + n : n, true, false, false))
              .toArray(MBeanAttributeInfo[]::new);
      return new MBeanInfo("Values", "values", infos, null, null, null);
    }
  }

  private static Map<String, Object> values() throws Exception {
    Map<String, Object> m = new TreeMap<>();
    m.put("IntValue", 7);
    m.put("doubleValue", -1.5e9);
    m.put("URLCount", 12L);
    m.put("AnHTTPThing_total", 3L);
    m.put("True", true);
    m.put("Text", "2.5 per cent");
    m.put("Number in Text", "17");
    m.put("When", new Date(1_700_000_000_500L));
    m.put("State", Thread.State.BLOCKED);
    m.put("Some", Optional.of(5));
    m.put("None", Optional.empty());
    m.put("Array", new int[] {1, 2});
    m.put("List", List.of(1, 2));
    m.put("NaN", Double.NaN);
    CompositeType inner =
        new CompositeType(
            "inner",
            "About inner",
            new String[] {"a", "b"},
            new String[] {"a", "b"},
            new OpenType<?>[] {SimpleType.LONG, SimpleType.STRING});
    CompositeDataSupport in = new CompositeDataSupport(inner, Map.of("a", 4L, "b", "four"));
    CompositeType outer =
        new CompositeType(
            "outer",
            "About outer",
            new String[] {"in", "x"},
            new String[] {"in", "x"},
            new OpenType<?>[] {inner, SimpleType.BOOLEAN});
    m.put("Outer", new CompositeDataSupport(outer, Map.of("in", in, "x", false)));
    CompositeType row =
        new CompositeType(
            "row",
            "About row",
            new String[] {"type", "part", "value", "other"},
            new String[] {"type", "part", "value", "other"},
            new OpenType<?>[] {SimpleType.STRING, inner, SimpleType.LONG, SimpleType.DOUBLE});
    TabularDataSupport table =
        new TabularDataSupport(
            new TabularType("table", "About table", row, new String[] {"type", "part"}));
    table.put(
        new CompositeDataSupport(
            row, Map.of("type", "r1", "part", in, "value", 11L, "other", 1.5)));
    table.put(
        new CompositeDataSupport(
            row, Map.of("type", "r2", "part", in, "value", 22L, "other", 2.5)));
    m.put("Table", table);
    return m;
  }

  /** Registers its beans and waits. */
  public static void main(String[] args) throws Exception {
    MBeanServer s = ManagementFactory.getPlatformMBeanServer();
    s.registerMBean(new Values(values(), true), new ObjectName("own.dom-ain:type=All,name=n"));
    s.registerMBean(
        new Values(Map.of("A", 1), false),
        new ObjectName("own:name=" + ObjectName.quote("q,\"=:x*?\\y") + ",Label-Key=v,b=c"));
    for (String t :
        List.of("total", "info", "created", "bucket", "9lives", "x.y:z".replace(":", ""))) {
      s.registerMBean(
          new Values(Map.of("Count", 2, "end_" + t, 3), false), new ObjectName("own:type=" + t));
    }
    for (String shard : List.of("s1", "s2")) {
      s.registerMBean(
          new Values(Map.of("Value", 9, "RatePerSec", 0.25), true),
          new ObjectName("own:type=Shard,shard=" + shard + ",topic=t.1"));
    }
    Map<String, Object> odd = new TreeMap<>(Map.of("Good", 1, "Foreign", new Foreign()));
    s.registerMBean(new Values(odd, true), new ObjectName("own:type=Odd"));
    if (args.length > 0) {
      Runnable forever =
          () -> {
            synchronized (BeansProgram.class) {
              try {
                BeansProgram.class.wait();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            }
          };
      s.registerMBean(
          new Values(Map.of("Slow", forever), true), new ObjectName("zzz:type=" + args[0]));
    }
    while (System.in.read() >= 0) {
      // until who started it ends
    }
  }
}

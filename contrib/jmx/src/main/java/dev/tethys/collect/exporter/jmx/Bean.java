package dev.tethys.collect.exporter.jmx;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import javax.management.ObjectName;

/**
 * A bean as rules see it.
 *
 * @param properties key properties of its name, in written order; quoted values keep their quotes
 * @param attributeLabels attributes that a customizer makes labels of, with their values
 */
record Bean(
    String domain, SequencedMap<String, String> properties, Map<String, String> attributeLabels) {
  static Bean of(ObjectName name, Map<String, String> attributeLabels) {
    return new Bean(name.getDomain(), properties(name.getKeyPropertyListString()), attributeLabels);
  }

  /** Returns a bean with other properties, such as a row of a table. */
  Bean withProperties(SequencedMap<String, String> other) {
    return new Bean(domain, other, attributeLabels);
  }

  /**
   * Parses key properties in written order: {@link ObjectName} itself returns them in hash table
   * order.
   */
  static SequencedMap<String, String> properties(String list) {
    SequencedMap<String, String> out = new LinkedHashMap<>();
    int at = 0;
    while (at < list.length()) {
      int equals = list.indexOf('=', at);
      if (equals < 0) {
        break;
      }
      int end = equals + 1;
      boolean quoted = false;
      for (; end < list.length() && (quoted || list.charAt(end) != ','); end++) {
        char c = list.charAt(end);
        if (c == '"') {
          quoted = !quoted;
        } else if (c == '\\' && quoted) {
          end++;
        }
      }
      end = Math.min(end, list.length());
      out.put(list.substring(at, equals), list.substring(equals + 1, end));
      at = end + 1;
    }
    return out;
  }
}

package dev.tethys.store.events;

import java.nio.charset.StandardCharsets;

/**
 * Names of tenants as folder names: letters, digits, {@code -} and {@code _} as they are, other
 * bytes as {@code %} and two hexadecimal digits. Long names end in a hash.
 */
final class TenantNames {
  private static final int MAX_NAME = 200;

  private TenantNames() {}

  static String folder(String tenant) {
    StringBuilder out = new StringBuilder();
    byte[] name = tenant.getBytes(StandardCharsets.UTF_8);
    for (byte b : name) {
      if (b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '-' || b == '_') {
        out.append((char) b);
      } else {
        // Capitals as well: file systems exist that do not distinguish case.
        out.append(String.format("%%%02x", b & 0xff));
      }
    }
    if (out.length() > MAX_NAME) {
      java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
      crc.update(name);
      out.setLength(MAX_NAME);
      out.append(String.format("~%08x%08x", name.length, crc.getValue()));
    }
    return out.isEmpty() ? "%" : out.toString();
  }
}

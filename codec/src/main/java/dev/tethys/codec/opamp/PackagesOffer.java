package dev.tethys.codec.opamp;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * Packages offered by a server to an agent.
 *
 * @param packages offered packages by name; an agent removes packages that are not listed
 * @param hash hash over all packages, chosen by the server
 */
@SuppressWarnings("ArrayRecordComponent") // not compared
public record PackagesOffer(SequencedMap<String, Offered> packages, byte[] hash) {
  /**
   * Package.
   *
   * @param addon whether it belongs to another package
   * @param contentHash SHA-256 of the file
   * @param signature signature in the form the agent expects; empty if none
   * @param headers HTTP headers for the download
   * @param hash identity of the package, chosen by the server
   */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  public record Offered(
      boolean addon,
      String version,
      String url,
      byte[] contentHash,
      byte[] signature,
      Map<String, String> headers,
      byte[] hash) {}

  /** Returns the bytes covered by the signature of a package of this program. */
  public static byte[] statement(String name, String version, byte[] sha256) {
    return ("tethys-package\n"
            + name
            + "\n"
            + version
            + "\n"
            + HexFormat.of().formatHex(sha256)
            + "\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  void write(ProtoWriter w, int field) {
    int m = w.begin(field);
    packages.forEach(
        (name, p) -> {
          int entry = w.begin(1);
          w.string(1, name);
          int of = w.begin(2);
          w.int64Unless0(1, p.addon ? 1 : 0).string(2, p.version);
          int file = w.begin(3);
          w.string(1, p.url).bytes(2, p.contentHash);
          if (p.signature.length > 0) {
            w.bytes(3, p.signature);
          }
          if (!p.headers.isEmpty()) {
            int headers = w.begin(4);
            p.headers.forEach(
                (k, v) -> {
                  int h = w.begin(1);
                  w.string(1, k).string(2, v);
                  w.end(h);
                });
            w.end(headers);
          }
          w.end(file);
          w.bytes(4, p.hash);
          w.end(of);
          w.end(entry);
        });
    w.bytes(2, hash);
    w.end(m);
  }

  static PackagesOffer read(ProtoReader r) {
    SequencedMap<String, Offered> packages = new TreeMap<>();
    byte[] hash = {};
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> MapEntry.read(r, PackagesOffer::offered, null, packages::put);
        case 2 -> hash = r.readBytes();
        default -> r.skip();
      }
    }
    r.leave(outer);
    return new PackagesOffer(packages, hash);
  }

  private static Offered offered(ProtoReader r) {
    boolean addon = false;
    String version = "";
    String url = "";
    byte[] content = {};
    byte[] signature = {};
    byte[] hash = {};
    Map<String, String> headers = new TreeMap<>();
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> addon = r.readLong() == 1;
        case 2 -> version = r.readString();
        case 3 -> {
          int file = r.enter();
          while (r.next()) {
            switch (r.field()) {
              case 1 -> url = r.readString();
              case 2 -> content = r.readBytes();
              case 3 -> signature = r.readBytes();
              case 4 -> headers(r, headers);
              default -> r.skip();
            }
          }
          r.leave(file);
        }
        case 4 -> hash = r.readBytes();
        default -> r.skip();
      }
    }
    r.leave(outer);
    return new Offered(addon, version, url, content, signature, headers, hash);
  }

  private static void headers(ProtoReader r, Map<String, String> into) {
    int outer = r.enter();
    while (r.next()) {
      if (r.field() == 1) {
        MapEntry.read(r, ProtoReader::readString, "", into::put);
      } else {
        r.skip();
      }
    }
    r.leave(outer);
  }
}

package dev.tethys.codec.opamp;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * States of packages at an agent.
 *
 * @param packages package statuses by name
 * @param offeredHash hash of the most recent offer
 * @param error error not specific to a package; "" if none
 */
@SuppressWarnings("ArrayRecordComponent") // not compared
public record PackageStatuses(
    SequencedMap<String, Status> packages, byte[] offeredHash, String error) {
  /** Maximum number of packages read from a message; further ones are skipped. */
  static final int MAX_PACKAGES = 64;

  /** States in the order of their numbers. */
  public enum State {
    INSTALLED,
    INSTALL_PENDING,
    INSTALLING,
    INSTALL_FAILED,
    DOWNLOADING
  }

  /**
   * Package state.
   *
   * @param hasVersion version that runs; "" for none
   * @param hasHash its identity; empty if none
   * @param offeredVersion version of the last offer; "" for none
   * @param error "" unless it failed
   * @param percent download progress; 0 when no download is running
   */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  public record Status(
      String hasVersion,
      byte[] hasHash,
      String offeredVersion,
      byte[] offeredHash,
      State state,
      String error,
      double percent) {}

  void write(ProtoWriter w, int field) {
    int m = w.begin(field);
    packages.forEach(
        (name, s) -> {
          int entry = w.begin(1);
          w.string(1, name);
          int of = w.begin(2);
          w.string(1, name).stringUnlessEmpty(2, s.hasVersion);
          if (s.hasHash.length > 0) {
            w.bytes(3, s.hasHash);
          }
          w.stringUnlessEmpty(4, s.offeredVersion);
          if (s.offeredHash.length > 0) {
            w.bytes(5, s.offeredHash);
          }
          w.int64Unless0(6, s.state.ordinal()).stringUnlessEmpty(7, s.error);
          if (s.percent > 0) {
            int details = w.begin(8);
            w.float64(1, s.percent);
            w.end(details);
          }
          w.end(of);
          w.end(entry);
        });
    if (offeredHash.length > 0) {
      w.bytes(2, offeredHash);
    }
    w.stringUnlessEmpty(3, error);
    w.end(m);
  }

  static PackageStatuses read(ProtoReader r) {
    SequencedMap<String, Status> packages = new TreeMap<>();
    byte[] hash = {};
    String error = "";
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> {
          if (packages.size() < MAX_PACKAGES) {
            MapEntry.read(r, PackageStatuses::status, null, packages::put);
          } else {
            r.skip();
          }
        }
        case 2 -> hash = r.readBytes();
        case 3 -> error = r.readString();
        default -> r.skip();
      }
    }
    r.leave(outer);
    return new PackageStatuses(packages, hash, error);
  }

  private static Status status(ProtoReader r) {
    String hasVersion = "";
    byte[] hasHash = {};
    String offeredVersion = "";
    byte[] offeredHash = {};
    State state = State.INSTALLED;
    String error = "";
    double percent = 0;
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 2 -> hasVersion = r.readString();
        case 3 -> hasHash = r.readBytes();
        case 4 -> offeredVersion = r.readString();
        case 5 -> offeredHash = r.readBytes();
        case 6 -> {
          long n = r.readLong();
          State[] all = State.values();
          state = n >= 0 && n < all.length ? all[(int) n] : State.INSTALL_FAILED;
        }
        case 7 -> error = r.readString();
        case 8 -> {
          int details = r.enter();
          while (r.next()) {
            if (r.field() == 1) {
              percent = r.readDouble();
            } else {
              r.skip();
            }
          }
          r.leave(details);
        }
        default -> r.skip();
      }
    }
    r.leave(outer);
    return new Status(hasVersion, hasHash, offeredVersion, offeredHash, state, error, percent);
  }
}

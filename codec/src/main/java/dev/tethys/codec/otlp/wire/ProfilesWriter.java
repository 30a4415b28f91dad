package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.protobuf.ProtoWriter;
import java.util.List;
import java.util.Map;

/**
 * Profiles request under construction: resources with profiles, and their shared dictionary. Not
 * thread-safe.
 */
public final class ProfilesWriter {
  private final DictionaryWriter dictionary = new DictionaryWriter();
  private final ProtoWriter w = new ProtoWriter(1 << 12);
  private final ProtoWriter entry = new ProtoWriter();
  private int resource = -1;
  private int scope;
  private int samples;

  /** Returns the dictionary that the profile indices refer to. */
  public DictionaryWriter dictionary() {
    return dictionary;
  }

  /** Returns the number of samples. */
  public int samples() {
    return samples;
  }

  /** Starts a resource, to which all following profiles belong until the next one. */
  public void resource(Map<String, String> attributes) {
    end();
    resource = w.begin(1);
    int r = w.begin(1);
    attributes.forEach(
        (key, value) -> {
          int kv = w.begin(1);
          w.string(1, key);
          int v = w.begin(2);
          w.string(1, value);
          w.end(v);
          w.end(kv);
        });
    w.end(r);
    scope = w.begin(2);
  }

  /**
   * Adds a profile to the resource.
   *
   * @param profile the message {@code Profile}
   */
  public void profile(ProtoWriter profile, int itsSamples) {
    if (resource < 0) {
      resource(Map.of());
    }
    w.bytes(2, profile.buffer(), 0, profile.size());
    samples += itsSamples;
  }

  /**
   * The index of an attribute in the dictionary.
   *
   * @param value a string, a long, a boolean, or a list of strings
   * @param unit unit of a numeric value; "" if none
   */
  public int attribute(String key, Object value, String unit) {
    int name = dictionary.string(key);
    int unitIndex = dictionary.string(unit);
    entry.clear();
    entry.int64Unless0(1, name);
    int v = entry.begin(2);
    switch (value) {
      case String s -> entry.string(1, s);
      case Boolean b -> entry.bool(2, b);
      case Long n -> entry.int64(3, n);
      case List<?> all -> {
        int list = entry.begin(5);
        for (Object s : all) {
          int one = entry.begin(1);
          entry.string(1, (String) s);
          entry.end(one);
        }
        entry.end(list);
      }
      default -> throw new IllegalArgumentException("no attribute: " + value.getClass());
    }
    entry.end(v);
    entry.int64Unless0(3, unitIndex);
    return dictionary.index(ProfileTable.ATTRIBUTE, entry);
  }

  private void end() {
    if (resource >= 0) {
      w.end(scope);
      w.end(resource);
      resource = -1;
    }
  }

  /** Returns the request; nothing can be added afterwards. */
  public byte[] toByteArray() {
    end();
    dictionary.write(w);
    return w.toByteArray();
  }
}

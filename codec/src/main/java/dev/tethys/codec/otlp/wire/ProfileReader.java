package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.telemetry.Profile;
import dev.tethys.model.telemetry.ProfileDictionary;

/** Keeps profiles encoded and counts their samples. */
final class ProfileReader implements OtlpReader.ItemReader<Profile> {
  private static final int SAMPLES = 2 << 3 | ProtoReader.LENGTH;

  private final ProtoReader r;
  private final ProfileDictionary dictionary;

  ProfileReader(FieldReader f, ProfileDictionary dictionary) {
    this.r = f.r;
    this.dictionary = dictionary;
  }

  @Override
  public Profile read() {
    int from = r.position();
    int samples = 0;
    while (r.next()) {
      samples += r.tag() == SAMPLES ? 1 : 0;
      r.skip();
    }
    return new Profile(dictionary, r.buffer(), from, r.position() - from, samples);
  }

  /** Reads the dictionary of a request's profiles: all its dictionaries, concatenated. */
  static ProfileDictionary dictionary(byte[] buf, int offset, int length) {
    java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
    int profiles = 0;
    ProtoReader r = new ProtoReader().reset(buf, offset, length);
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | ProtoReader.LENGTH -> profiles += below(r, 2);
        case 2 << 3 | ProtoReader.LENGTH -> {
          int n = r.readLength();
          all.write(buf, r.position(), n);
          r.position(r.position() + n);
        }
        default -> r.skip();
      }
    }
    return new ProfileDictionary(all.toByteArray(), profiles);
  }

  /** Counts the fields 2 that are {@code levels} levels below. */
  private static int below(ProtoReader r, int levels) {
    int n = 0;
    int outer = r.enter();
    while (r.next()) {
      if (r.tag() != SAMPLES) {
        r.skip();
      } else if (levels > 1) {
        n += below(r, levels - 1);
      } else {
        r.skip();
        n++;
      }
    }
    r.leave(outer);
    return n;
  }
}

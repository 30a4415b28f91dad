package dev.tethys.codec.otlp.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.Profile;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.profiles.v1development.ProfilesData;
import io.opentelemetry.proto.profiles.v1development.ProfilesDictionary;
import io.opentelemetry.proto.profiles.v1development.ResourceProfiles;
import io.opentelemetry.proto.profiles.v1development.Sample;
import io.opentelemetry.proto.profiles.v1development.ScopeProfiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Requests of profiles joined, cut and thinned out: every index still means what it meant. */
@Tag("slow")
class ProfilesWireTest {
  private static final OtlpReader READER = new OtlpReader();

  private static ProfilesData random(long seed) {
    return (ProfilesData) new RandomRequests(seed).next(OtlpSignal.PROFILES);
  }

  private static dev.tethys.model.telemetry.ProfilesData read(ProfilesData d) {
    byte[] b = d.toByteArray();
    return READER.profiles(b, 0, b.length);
  }

  /** Each profile as text, after what encloses it, with entries instead of indices. */
  private static List<String> records(ProfilesData d) {
    List<String> out = new ArrayList<>();
    for (ResourceProfiles r : d.getResourceProfilesList()) {
      for (ScopeProfiles s : r.getScopeProfilesList()) {
        String head =
            RandomRequests.normal(r.toBuilder().clearScopeProfiles().build())
                + "/"
                + RandomRequests.normal(s.toBuilder().clearProfiles().build());
        s.getProfilesList()
            .forEach(
                p -> {
                  StringBuilder text = new StringBuilder(head);
                  spell(p, d.getDictionary(), text);
                  out.add(text.toString());
                });
      }
    }
    return out;
  }

  private static void spell(Message m, ProfilesDictionary d, StringBuilder out) {
    out.append('{');
    for (FieldDescriptor f : m.getDescriptorForType().getFields()) {
      if (f.isRepeated()) {
        for (Object v : (List<?>) m.getField(f)) {
          out.append(f.getName()).append(' ');
          spell(f, v, d, out);
        }
      } else if (m.hasField(f) || !f.hasPresence()) {
        out.append(f.getName()).append(' ');
        spell(f, m.getField(f), d, out);
      }
    }
    out.append('}');
  }

  private static void spell(FieldDescriptor f, Object v, ProfilesDictionary d, StringBuilder out) {
    if (f.getType() == FieldDescriptor.Type.INT32) {
      int i = (int) v;
      String name = f.getName();
      if (i == 0) {
        out.append("nothing ");
      } else if (name.endsWith("strindex")) {
        out.append(d.getStringTable(i)).append(' ');
      } else {
        String table = name.substring(0, name.indexOf('_')) + "_table";
        FieldDescriptor t = ProfilesDictionary.getDescriptor().findFieldByName(table);
        Message entry = (Message) d.getRepeatedField(t, i);
        StringBuilder text = new StringBuilder();
        StringBuilder empty = new StringBuilder();
        spell(entry, d, text);
        spell(entry.getDefaultInstanceForType(), d, empty);
        // An entry that says nothing is equivalent to none.
        out.append(text.compareTo(empty) == 0 ? "nothing " : text);
      }
    } else if (f.getJavaType() == JavaType.MESSAGE) {
      spell((Message) v, d, out);
    } else {
      out.append(v instanceof ByteString b ? b.toStringUtf8() : v).append(' ');
    }
  }

  @Property(tries = 60)
  void joinedProfilesKeepTheirStacks(@ForAll long one, @ForAll long other) throws IOException {
    ProfilesData a = random(one);
    ProfilesData b = random(other);
    var both = read(a);
    both.resources().addAll(read(b).resources());
    ProfilesData joined = ProfilesData.parseFrom(new OtlpWriter().write(both));
    List<String> expected = new ArrayList<>(records(a));
    expected.addAll(records(b));
    assertThat(records(joined)).isEqualTo(expected);
    ProfilesDictionary d = joined.getDictionary();
    assertThat(d.getStringTable(0)).isEmpty();
    assertThat(new HashSet<>(d.getStringTableList())).hasSize(d.getStringTableCount());
    assertThat(new HashSet<>(d.getStackTableList())).hasSize(d.getStackTableCount());
    byte[] again = joined.toByteArray();
    assertThat(OtlpCheck.check(OtlpSignal.PROFILES, again, 0, again.length))
        .isEqualTo(RandomRequests.items(a) + RandomRequests.items(b));
  }

  @Property(tries = 60)
  void splitPartsRejoin(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 20) int maxItems,
      @ForAll @IntRange(min = 1, max = 5000) int maxBytes)
      throws IOException {
    ProfilesData m = random(seed);
    byte[] b = m.toByteArray();
    List<String> parts = new ArrayList<>();
    for (OtlpScanner.Part p : OtlpScanner.split(OtlpSignal.PROFILES, b, maxItems, maxBytes)) {
      ProfilesData part = ProfilesData.parseFrom(p.body());
      List<String> profiles = records(part);
      assertThat(RandomRequests.items(part)).isEqualTo(p.items()).isPositive();
      assertThat(profiles.size() == 1 || p.items() <= maxItems && p.body().length <= maxBytes)
          .isTrue();
      parts.addAll(profiles);
    }
    List<String> all = records(m);
    all.removeIf(p -> !p.contains("samples "));
    assertThat(parts).isEqualTo(all);
  }

  @Test
  void leavesOutUnreferencedEntries() throws IOException {
    ProfilesData.Builder b = ProfilesData.newBuilder();
    b.getDictionaryBuilder().addStringTable("").addStringTable("cpu").addStringTable("secret");
    var scope = b.addResourceProfilesBuilder().addScopeProfilesBuilder();
    scope
        .addProfilesBuilder()
        .addSamples(Sample.newBuilder().addValues(1))
        .getSampleTypeBuilder()
        .setTypeStrindex(1);
    scope
        .addProfilesBuilder()
        .addSamples(Sample.newBuilder().addValues(1))
        .getSampleTypeBuilder()
        .setTypeStrindex(2);
    var tree = read(b.build());
    List<Profile> items = tree.resources().getFirst().scopes().getFirst().items();
    items.removeLast();
    ProfilesData left = ProfilesData.parseFrom(new OtlpWriter().write(tree));
    assertThat(left.getDictionary().getStringTableList()).containsExactly("", "cpu");
    assertThat(records(left)).containsExactly(records(b.build()).getFirst());
  }

  /** Senders may keep the text of attributes in the dictionary too. */
  @Test
  void resolvesReferencesOfResources() throws IOException {
    ProfilesData.Builder b = ProfilesData.newBuilder();
    b.getDictionaryBuilder()
        .addStringTable("")
        .addStringTable("service.name")
        .addStringTable("shop");
    var r = b.addResourceProfilesBuilder();
    r.getResourceBuilder()
        .addAttributes(
            KeyValue.newBuilder()
                .setKeyStrindex(1)
                .setValue(AnyValue.newBuilder().setStringValueStrindex(2)));
    r.addScopeProfilesBuilder().addProfilesBuilder().addSamplesBuilder().addValues(7);
    var tree = read(b.build());
    var attributes = tree.resources().getFirst().resource().attributes();
    assertThat(attributes.key(0)).isEqualTo("service.name");
    assertThat(attributes.get("service.name")).isEqualTo("shop");
    KeyValue written =
        ProfilesData.parseFrom(new OtlpWriter().write(tree))
            .getResourceProfiles(0)
            .getResource()
            .getAttributes(0);
    assertThat(written.getKey()).isEqualTo("service.name");
    assertThat(written.getValue().getStringValue()).isEqualTo("shop");
  }

  @Test
  void rejectsIndexOutsideOfTable() {
    ProfilesData.Builder b = ProfilesData.newBuilder();
    b.getDictionaryBuilder().addStackTableBuilder();
    b.addResourceProfilesBuilder()
        .addScopeProfilesBuilder()
        .addProfilesBuilder()
        .addSamplesBuilder()
        .setStackIndex(1);
    byte[] bytes = b.build().toByteArray();
    assertThatThrownBy(() -> OtlpCheck.check(OtlpSignal.PROFILES, bytes, 0, bytes.length))
        .isInstanceOf(CodecException.class)
        .hasMessage("OTLP: index 1 of stackTable, which has 1 entries");
    byte[] negative =
        ProfilesData.newBuilder()
            .addResourceProfiles(
                ResourceProfiles.newBuilder()
                    .addScopeProfiles(
                        ScopeProfiles.newBuilder()
                            .addProfiles(
                                io.opentelemetry.proto.profiles.v1development.Profile.newBuilder()
                                    .addAttributeIndices(-1))))
            .build()
            .toByteArray();
    assertThatThrownBy(() -> OtlpCheck.check(OtlpSignal.PROFILES, negative, 0, negative.length))
        .hasMessageContaining("the index attributeIndices is -1");
  }
}

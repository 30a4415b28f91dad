package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.otlp.wire.OtlpScanner.Part;
import dev.tethys.model.telemetry.Profile;
import dev.tethys.model.telemetry.ProfilesData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a request of profiles between profiles. The size of a part is known only after it is
 * written, since its dictionary has the entries of its profiles: a part that is too large is
 * halved.
 */
final class ProfileSplitter {
  private static final OtlpReader READER = new OtlpReader();

  /** A profile with the resource and the scope that enclose it. */
  private record Placed(ResourceGroup<Profile> resource, ScopeGroup<Profile> scope, Profile item) {}

  private final int maxBytes;
  private final OtlpWriter writer = new OtlpWriter();
  private final List<Part> parts = new ArrayList<>();

  private ProfileSplitter(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  static List<Part> split(byte[] body, int maxItems, int maxBytes) {
    ProfileSplitter s = new ProfileSplitter(maxBytes);
    List<Placed> some = new ArrayList<>();
    long items = 0;
    for (Placed p : placed(READER.profiles(body, 0, body.length))) {
      if (!some.isEmpty() && items + p.item.itemCount() > maxItems) {
        s.part(some);
        some = new ArrayList<>();
        items = 0;
      }
      some.add(p);
      items += p.item.itemCount();
    }
    s.part(some);
    return s.parts;
  }

  private static List<Placed> placed(ProfilesData data) {
    List<Placed> all = new ArrayList<>();
    for (ResourceGroup<Profile> r : data.resources()) {
      for (ScopeGroup<Profile> s : r.scopes()) {
        for (Profile p : s.items()) {
          if (p.itemCount() > 0) {
            all.add(new Placed(r, s, p));
          }
        }
      }
    }
    return all;
  }

  private void part(List<Placed> some) {
    if (some.isEmpty()) {
      return;
    }
    ProfilesData data = new ProfilesData();
    ResourceGroup<Profile> inResource = null;
    ScopeGroup<Profile> inScope = null;
    ResourceGroup<Profile> resource = new ResourceGroup<>();
    ScopeGroup<Profile> scope = new ScopeGroup<>();
    for (Placed p : some) {
      if (p.resource != inResource) {
        inResource = p.resource;
        inScope = null;
        resource = new ResourceGroup<>();
        resource.setResource(inResource.resource());
        resource.setSchemaUrl(inResource.schemaUrl());
        resource.setUnknownFields(inResource.unknownFields());
        data.resources().add(resource);
      }
      if (p.scope != inScope) {
        inScope = p.scope;
        scope = new ScopeGroup<>();
        scope.setScope(inScope.scope());
        scope.setSchemaUrl(inScope.schemaUrl());
        scope.setUnknownFields(inScope.unknownFields());
        resource.scopes().add(scope);
      }
      scope.items().add(p.item);
    }
    byte[] body = writer.write(data);
    if (body.length > maxBytes && some.size() > 1) {
      part(some.subList(0, some.size() / 2));
      part(some.subList(some.size() / 2, some.size()));
    } else {
      parts.add(new Part(body, data.itemCount()));
    }
  }
}

package dev.tethys.demo.service;

import dev.tethys.demo.Faults;
import dev.tethys.demo.Listening;
import dev.tethys.demo.database.ShopDatabase;
import dev.tethys.demo.store.KeyValueStore;
import dev.tethys.demo.telemetry.OtlpQueue;
import dev.tethys.web.Routes;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Parts of the shop with a port each. A part follows the parts that it calls. */
public enum ShopPart {
  DATABASE {
    @Override
    Listening start(Surroundings s) throws IOException {
      return new ShopDatabase(s.faults(), s.address());
    }
  },
  STORE {
    @Override
    Listening start(Surroundings s) throws IOException {
      return new KeyValueStore(s.address());
    }
  },
  CATALOG {
    @Override
    Listening start(Surroundings s) throws IOException {
      return s.listening(new Catalog(s.queue(), s.port(DATABASE)));
    }
  },
  CART {
    @Override
    Listening start(Surroundings s) throws IOException {
      return s.listening(new Cart(s.queue(), s.port(STORE), s.faults()));
    }
  },
  PAYMENT {
    @Override
    Listening start(Surroundings s) throws IOException {
      return s.listening(new Payment(s.queue(), s.faults()));
    }
  },
  SHIPPING {
    @Override
    Listening start(Surroundings s) throws IOException {
      return s.listening(new Shipping(s.queue(), s.port(DATABASE), s.port(STORE)));
    }
  },
  CHECKOUT {
    @Override
    Listening start(Surroundings s) throws IOException {
      Checkout.Peers peers =
          new Checkout.Peers(
              s.client(CART), s.client(CATALOG), s.client(PAYMENT), s.client(SHIPPING));
      return s.listening(new Checkout(s.queue(), peers, s.port(STORE), s.faults()));
    }
  },
  FRONTEND {
    @Override
    Listening start(Surroundings s) throws IOException {
      Frontend f = new Frontend(s.queue(), s.client(CATALOG), s.client(CART), s.client(CHECKOUT));
      s.more().accept(f.plainRoutes());
      return s.listening(f);
    }
  };

  /**
   * Other parts and settings that a part uses.
   *
   * @param http client to other services
   * @param ports ports of the parts already running
   * @param address address of this part
   * @param more adds routes without telemetry to the frontend
   */
  public record Surroundings(
      OtlpQueue queue,
      Faults faults,
      WebClient http,
      Map<ShopPart, Integer> ports,
      String address,
      Consumer<Routes> more) {
    private int port(ShopPart part) {
      Integer port = ports.get(part);
      if (port == null) {
        throw new IllegalStateException(part.id() + " does not run");
      }
      return port;
    }

    private ServiceClient client(ShopPart part) {
      return new ServiceClient(http, part.id(), port(part));
    }

    private Listening listening(ShopService service) throws IOException {
      boolean started = false;
      try {
        service.listen(address);
        started = true;
        return service;
      } finally {
        if (!started) {
          service.close();
        }
      }
    }
  }

  /**
   * Starts the part.
   *
   * @throws IOException if its address cannot be listened on; nothing is left open
   */
  abstract Listening start(Surroundings s) throws IOException;

  /** Returns the service name used in telemetry, flags and the environment. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the part with an id. */
  public static Optional<ShopPart> of(String id) {
    return Arrays.stream(values()).filter(p -> p.id().equals(id)).findFirst();
  }
}

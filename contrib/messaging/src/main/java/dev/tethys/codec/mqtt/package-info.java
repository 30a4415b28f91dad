/** Packets of MQTT 3.1.1 and 5, as a client that publishes writes and reads them. */
@NullMarked
package dev.tethys.codec.mqtt;

import org.jspecify.annotations.NullMarked;

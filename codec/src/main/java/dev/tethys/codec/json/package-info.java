/** JSON as values of telemetry. Source: RFC 8259. */
@NullMarked
package dev.tethys.codec.json;

import org.jspecify.annotations.NullMarked;

/** Requests of application protocols, parsed from captured payloads. */
@NullMarked
package dev.tethys.collect.observe.protocol;

import org.jspecify.annotations.NullMarked;

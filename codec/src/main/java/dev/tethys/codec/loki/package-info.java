/** Loki's push format. Source: Loki's logproto and the documentation of its push API. */
@NullMarked
package dev.tethys.codec.loki;

import org.jspecify.annotations.NullMarked;

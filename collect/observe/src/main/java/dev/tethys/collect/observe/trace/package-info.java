/** Creates spans from observed requests. */
@NullMarked
package dev.tethys.collect.observe.trace;

import org.jspecify.annotations.NullMarked;

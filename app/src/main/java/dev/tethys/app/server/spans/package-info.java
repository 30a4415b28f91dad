/** Metrics made of spans when they are stored: span metrics and the service graph. */
@NullMarked
package dev.tethys.app.server.spans;

import org.jspecify.annotations.NullMarked;

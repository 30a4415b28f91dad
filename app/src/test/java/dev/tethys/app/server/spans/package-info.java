@NullMarked
package dev.tethys.app.server.spans;

import org.jspecify.annotations.NullMarked;

@NullMarked
package dev.tethys.app.logs;

import org.jspecify.annotations.NullMarked;

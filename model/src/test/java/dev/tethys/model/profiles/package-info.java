@NullMarked
package dev.tethys.model.profiles;

import org.jspecify.annotations.NullMarked;

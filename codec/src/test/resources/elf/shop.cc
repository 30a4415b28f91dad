#include <cstdint>
#include <cstdlib>
namespace shop {
template <typename T>
struct Cart {
  T total = 0;
  __attribute__((noinline)) void add(T price) { total += price * rate(price); }
  inline T rate(T price) { return price % 7 + mix(price); }
  static inline __attribute__((always_inline)) T mix(T v) {
    return v ^ (v >> 3);
  }
};
__attribute__((noinline)) uint64_t pay(uint64_t orders) {
  Cart<uint64_t> cart;
  for (uint64_t i = 0; i < orders; i++) {
    cart.add(i);
  }
  return cart.total;
}
}  // namespace shop
int main(int argc, char** argv) {
  return static_cast<int>(shop::pay(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 3));
}

#include "support/ptx/program.hpp"

#include <charconv>
#include <optional>
#include <unordered_map>

#include "support/ptx/fault.hpp"

namespace plotmill::test::ptx {
namespace {

/// Variables do not touch each other: who reaches beyond one finds nothing.
std::vector<Placed> placed(const std::vector<Variable>& variables, std::uint64_t& at) {
  constexpr std::uint64_t between = 256;
  std::vector<Placed> result;
  for (const Variable& variable : variables) {
    at = (at + between + variable.alignment - 1) / variable.alignment * variable.alignment;
    result.push_back({variable, at});
    at += variable.n_bytes;
  }
  return result;
}

/// A literal as PTX writes it: 0f and 0d are the bits of a float and of a double.
std::optional<std::uint64_t> literal(std::string_view text) {
  const bool negative = text.starts_with("-");
  if (negative) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0f") || text.starts_with("0d") || text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return negative ? 0 - value : value;
}

class Maker {
 public:
  Maker(const Module& module, const Kernel& kernel) : program_{} {
    program_.kernel = kernel;
    std::uint64_t at = 4096;
    program_.params = placed(kernel.params, at);
    std::vector<Variable> shared = module.shared;
    shared.insert(shared.end(), kernel.shared.begin(), kernel.shared.end());
    at = 4096;
    program_.shared = placed(shared, at);
    program_.dynamic_shared_address = (at + 1024) / 256 * 256;
    at = 4096;
    program_.local = placed(kernel.local, at);
    for (const auto* const variables : {&program_.params, &program_.shared, &program_.local}) {
      for (const auto& [variable, address] : *variables) symbols_[variable.name] = address;
    }
    if (!module.dynamic_shared.empty()) symbols_[module.dynamic_shared] = program_.dynamic_shared_address;
    for (const auto& [prefix, range] : kernel.registers) {
      std::uint32_t& n = count_of(slot_of_type(range.type));
      first_[prefix] = {n, slot_of_type(range.type), range.n};
      n += range.n;
    }
  }

  Program make() {
    for (const Statement& statement : program_.kernel.statements) {
      try {
        program_.code.push_back(instruction(statement));
      } catch (const Fault& fault) {
        throw Fault("line " + std::to_string(statement.line) + ": " + statement.text + ": " + fault.what());
      }
    }
    program_.code.push_back({nullptr, Effect::end, false, false, false, false, 0, 0, {}, 0});
    return std::move(program_);
  }

 private:
  struct Registers {
    std::uint32_t first;
    Slot slot;
    std::uint32_t n;
  };

  static Slot slot_of_type(const std::string& type) {
    if (type == "pred") return Slot::predicate;
    if (type == "b64" || type == "f64") return Slot::word64;
    if (type == "b16" || type == "b32" || type == "f32") return Slot::word32;
    throw Fault("registers of type " + type + " are not known");
  }

  std::uint32_t& count_of(Slot slot) {
    return slot == Slot::predicate ? program_.n_predicates
           : slot == Slot::word64  ? program_.n_words64
                                   : program_.n_words32;
  }

  /// The name in the table; of a word of 64 bits and its halves it says also which is made of which.
  [[nodiscard]] std::string opcode_name(const Statement& statement) const {
    if (statement.opcode != "mov.b64" || statement.operands.size() != 3) return statement.opcode;
    return found(statement.operands[0]).slot == Slot::word64 ? "mov.b64 d, {a, b}" : "mov.b64 {d, e}, a";
  }

  Instruction instruction(const Statement& statement) {
    const auto known = opcode_table().find(opcode_name(statement));
    if (known == opcode_table().end()) {
      throw Fault("the opcode " + statement.opcode + " is not known; see opcode_table() in tests/support/ptx");
    }
    const Opcode& opcode = known->second;
    if (opcode.slots.size() != statement.operands.size()) {
      throw Fault(std::to_string(statement.operands.size()) + " operands, where " +
                  std::to_string(opcode.slots.size()) + " are known");
    }
    Instruction made{
        opcode.execute, opcode.effect, !statement.guard.empty(), statement.guard_negated, false, false, 0, 0, {}, 0};
    if (made.has_guard) made.guard = register_of(statement.guard, Slot::predicate);
    for (std::size_t i = 0; i < opcode.slots.size(); ++i) set_operand(made, i, opcode.slots[i], statement.operands[i]);
    return made;
  }

  void set_operand(Instruction& made, std::size_t i, Slot slot, const std::string& text) {
    switch (slot) {
      case Slot::label: {
        const auto label = program_.kernel.labels.find(text);
        if (label == program_.kernel.labels.end()) throw Fault("there is no label " + text);
        made.target = label->second;
        return;
      }
      case Slot::barrier_0:
        if (text != "0") throw Fault("of barriers only 0 is known");
        return;
      case Slot::address:
        if (!text.starts_with("[") || !text.ends_with("]")) throw Fault(text + " is not an address");
        return set_address(made, i, text.substr(1, text.size() - 2));
      case Slot::data:
        made.wide_data = found(text).slot == Slot::word64;
        made.registers.at(i) = register_of(text, made.wide_data ? Slot::word64 : Slot::word32);
        return;
      default:
        made.registers.at(i) = text.starts_with("%") ? register_of(text, slot) : constant(slot, value_of(text));
    }
  }

  /// `%r1`, `name`, either with `+number`.
  void set_address(Instruction& made, std::size_t i, const std::string& text) {
    const std::size_t plus = std::min(text.find('+'), text.size());
    const std::string base = text.substr(0, plus);
    if (plus < text.size()) made.offset = value_of(text.substr(plus + 1));
    made.wide_address = !base.starts_with("%") || found(base).slot == Slot::word64;
    const Slot slot = made.wide_address ? Slot::word64 : Slot::word32;
    made.registers.at(i) = base.starts_with("%") ? register_of(base, slot) : constant(slot, value_of(base));
  }

  [[nodiscard]] std::uint64_t value_of(const std::string& text) const {
    if (const auto symbol = symbols_.find(text); symbol != symbols_.end()) return symbol->second;
    if (const auto value = literal(text)) return *value;
    throw Fault("'" + text + "' is neither a variable nor a number");
  }

  /// Where a register's name leads: its number is added to the first of its range.
  [[nodiscard]] Registers found(const std::string& name) const {
    if (const auto one = first_.find(name); one != first_.end()) return one->second;
    const std::size_t digits = name.find_last_not_of("0123456789") + 1;
    const auto range = first_.find(name.substr(0, digits));
    const auto number = literal(std::string_view(name).substr(digits));
    if (range == first_.end() || !number || *number >= range->second.n) throw Fault("there is no register " + name);
    return {range->second.first + static_cast<std::uint32_t>(*number), range->second.slot, 1};
  }

  std::uint32_t register_of(const std::string& name, Slot slot) {
    static const std::unordered_map<std::string, Special> specials{{"%tid.x", Special::tid},
                                                                   {"%ntid.x", Special::ntid},
                                                                   {"%ctaid.x", Special::ctaid},
                                                                   {"%nctaid.x", Special::nctaid}};
    if (const auto special = specials.find(name); special != specials.end() && slot == Slot::word32) {
      program_.specials.emplace_back(program_.n_words32, special->second);
      return program_.n_words32++;
    }
    const Registers result = found(name);
    if (result.slot != slot) throw Fault(name + " is of another width");
    return result.first;
  }

  std::uint32_t constant(Slot slot, std::uint64_t value) {
    const auto [at, is_new] = constants_[slot == Slot::predicate ? 0
                                         : slot == Slot::word32  ? 1
                                                                 : 2]
                                  .try_emplace(value, 0);
    if (!is_new) return at->second;
    at->second = count_of(slot)++;
    if (slot == Slot::predicate) {
      program_.constant_predicates.emplace_back(at->second, value != 0);
    } else {
      (slot == Slot::word32 ? program_.constants32 : program_.constants64).emplace_back(at->second, value);
    }
    return at->second;
  }

  Program program_;
  std::unordered_map<std::string, std::uint64_t> symbols_;
  std::unordered_map<std::string, Registers> first_;
  std::unordered_map<std::uint64_t, std::uint32_t> constants_[3];  ///< The register of each value.
};

}  // namespace

Program make_program(const Module& module, const Kernel& kernel) { return Maker(module, kernel).make(); }

}  // namespace plotmill::test::ptx

# Writes OUTPUT: the build id of the files listed in INPUTS (paths from ROOT, one a line).
file(STRINGS "${INPUTS}" files)
set(summary "")
foreach(file IN LISTS files)
  file(SHA256 "${ROOT}/${file}" digest)
  string(APPEND summary "${digest}  ${file}\n")
endforeach()
string(SHA256 digest "${summary}")
string(SUBSTRING "${digest}" 0 16 id)
file(WRITE "${OUTPUT}" "#include \"core/base/build_id.h\"

namespace arbees {

std::string_view build_id() { return \"${id}\"; }

}  // namespace arbees
")

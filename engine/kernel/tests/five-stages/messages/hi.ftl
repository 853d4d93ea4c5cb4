new = नई सूचना { $case }।
waiting = { $case } { $state } में रुका है, { $late } मिनट देर। स्तर { $level }, घड़ी { $clock }, इकाई { $unit }।
undelivered = { $case } का संदेश किसी तक नहीं पहुँचा।
